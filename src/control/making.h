// What a thread makes beside the frames: a process, a chain.
#pragma once

#include <atomic>
#include <exception>
#include <functional>
#include <memory>
#include <thread>
#include <utility>

#include "core/effect.h"

namespace reverie {

// A frame that keeps a picture of its own, so that it can be looked at later and elsewhere.  It has no flow:
// what is made of it starts with a first frame.
class KeptFrame {
 public:
  explicit KeptFrame(const Frame& frame)
      : frame_(frame), picture_(frame.picture ? *frame.picture : Planes()) {}

  Frame get() const {
    Frame f = frame_;
    f.picture = picture_.empty() ? nullptr : &picture_;
    f.flow = f.trust = nullptr;
    return f;
  }

 private:
  Frame frame_;
  Planes picture_;
};

template <class Made>
class Making {
 public:
  Making() = default;
  ~Making() {
    if (thread_.joinable()) thread_.join();
  }
  Making(const Making&) = delete;
  Making& operator=(const Making&) = delete;

  // Once.  make runs on a thread of its own and takes nothing of the set's pool.
  void start(std::function<std::unique_ptr<Made>()> make) {
    started_ = true;
    thread_ = std::thread([this, make = std::move(make)] {
      const BackgroundWork beside;
      try {
        made_ = make();
      } catch (...) {
        failure_ = std::current_exception();
      }
      done_ = true;
    });
  }

  bool started() const { return started_; }
  bool done() const { return done_; }
  bool busy() const { return started_ && !done_; }

  // Waits for it; null where it was never started.  What make threw is thrown here.
  std::unique_ptr<Made> take() {
    if (thread_.joinable()) thread_.join();
    if (failure_) std::rethrow_exception(failure_);
    return std::move(made_);
  }

 private:
  bool started_ = false;
  std::unique_ptr<Made> made_;
  std::exception_ptr failure_;
  std::atomic<bool> done_{false};
  std::thread thread_;
};

}  // namespace reverie
