// A sink on its own thread, so that the encoder runs in parallel with the engine.
#pragma once

#include <condition_variable>
#include <deque>
#include <exception>
#include <memory>
#include <mutex>
#include <thread>

#include "media/sink.h"

namespace reverie {

// Pictures wait in a queue of at most `capacity`; when it is full write() waits, so nothing is dropped and
// memory stays bounded.  Errors of the inner sink are thrown by the next write() or by finish().
class QueuedSink final : public Sink {
 public:
  explicit QueuedSink(std::unique_ptr<Sink> sink, size_t capacity = 4);
  ~QueuedSink() override;
  QueuedSink(const QueuedSink&) = delete;
  QueuedSink& operator=(const QueuedSink&) = delete;

  void write(const Planes& picture) override;
  void hold(int64_t frames) override;
  void keep() override;
  void finish() override;
  std::string description() const override { return sink_->description(); }

 private:
  struct Waiting {
    Planes picture;
    int64_t held = 0;  // ... before it
  };
  void work();
  void stop();

  std::unique_ptr<Sink> sink_;
  const size_t capacity_;
  std::mutex mutex_;
  std::condition_variable changed_;
  std::deque<Waiting> waiting_;
  int64_t held_ = 0;  // frames for which the last picture is held
  std::exception_ptr failure_;
  bool closing_ = false, writing_ = false;
  std::thread thread_;  // last: it starts when everything else is ready
};

}  // namespace reverie
