#include "pipeline/queued_sink.h"

#include <utility>

namespace reverie {

QueuedSink::QueuedSink(std::unique_ptr<Sink> sink, size_t capacity)
    : sink_(std::move(sink)), capacity_(capacity), thread_([this] { work(); }) {}

QueuedSink::~QueuedSink() {
  {
    const std::lock_guard lock(mutex_);
    waiting_.clear();
  }
  stop();
}

void QueuedSink::write(const Planes& picture) {
  std::unique_lock lock(mutex_);
  changed_.wait(lock, [this] { return failure_ || waiting_.size() < capacity_; });
  if (failure_) std::rethrow_exception(failure_);
  waiting_.push_back({picture, std::exchange(held_, 0)});
  changed_.notify_all();
}

void QueuedSink::hold(int64_t frames) {
  const std::lock_guard lock(mutex_);
  held_ += frames;
}

void QueuedSink::keep() {
  std::unique_lock lock(mutex_);
  changed_.wait(lock, [this] { return failure_ || (waiting_.empty() && !writing_); });
  if (failure_) std::rethrow_exception(failure_);
  sink_->keep();
}

void QueuedSink::finish() {
  stop();
  if (failure_) std::rethrow_exception(failure_);
  sink_->finish();
}

void QueuedSink::stop() {
  {
    const std::lock_guard lock(mutex_);
    closing_ = true;
  }
  changed_.notify_all();
  if (thread_.joinable()) thread_.join();
}

void QueuedSink::work() {
  for (;;) {
    Waiting next;
    {
      std::unique_lock lock(mutex_);
      changed_.wait(lock, [this] { return closing_ || !waiting_.empty(); });
      if (waiting_.empty()) return;
      next = std::move(waiting_.front());
      waiting_.pop_front();
      writing_ = true;
    }
    changed_.notify_all();
    try {
      if (next.held > 0) sink_->hold(next.held);
      sink_->write(next.picture);
      const std::lock_guard lock(mutex_);
      writing_ = false;
      changed_.notify_all();
    } catch (...) {
      const std::lock_guard lock(mutex_);
      failure_ = std::current_exception();
      waiting_.clear();
      changed_.notify_all();
      return;
    }
  }
}

}  // namespace reverie
