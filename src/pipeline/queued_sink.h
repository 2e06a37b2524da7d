// A sink on a thread of its own, so that the encoder runs beside the engine.
#pragma once

#include <condition_variable>
#include <deque>
#include <exception>
#include <memory>
#include <mutex>
#include <thread>

#include "media/sink.h"

namespace reverie {

// Pictures wait in a queue of at most `capacity`; then write() waits, so nothing is dropped and memory stays
// bounded.  What the inner sink throws comes out of the next write() or of finish().
class QueuedSink final : public Sink {
 public:
  explicit QueuedSink(std::unique_ptr<Sink> sink, size_t capacity = 4);
  ~QueuedSink() override;
  QueuedSink(const QueuedSink&) = delete;
  QueuedSink& operator=(const QueuedSink&) = delete;

  void write(const Planes& picture) override;
  void hold(int64_t frames) override;
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
  int64_t held_ = 0;  // frames that the last picture stays on
  std::exception_ptr failure_;
  bool closing_ = false;
  std::thread thread_;  // last: it starts when all else is there
};

}  // namespace reverie
