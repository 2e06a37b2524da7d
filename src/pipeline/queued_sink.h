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
  void finish() override;
  std::string description() const override { return sink_->description(); }

 private:
  void work();
  void stop();

  std::unique_ptr<Sink> sink_;
  const size_t capacity_;
  std::mutex mutex_;
  std::condition_variable changed_;
  std::deque<Planes> waiting_;
  std::exception_ptr failure_;
  bool closing_ = false;
  std::thread thread_;  // last: it starts when all else is there
};

}  // namespace reverie
