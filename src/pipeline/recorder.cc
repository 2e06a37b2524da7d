#include "pipeline/recorder.h"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <utility>

#include "core/log.h"

namespace reverie {
namespace {

constexpr size_t kQueueBytes = 256U << 20U;
constexpr size_t kMostWaiting = 120, kLeastWaiting = 8;
constexpr std::chrono::milliseconds kSoundPatience(500);  // with the last of the sound

Recorder::State named(const std::string& name) {
  Recorder::State s;
  s.name = name;
  return s;
}

}  // namespace

Recorder::Recorder(std::string name, size_t picture_bytes, Open open, double sound_fps)
    : name_(std::move(name)),
      capacity_(std::clamp(kQueueBytes / std::max<size_t>(picture_bytes, 1), kLeastWaiting, kMostWaiting)),
      sound_fps_(sound_fps),
      state_(named(name_)),
      thread_([this, open = std::move(open)] { work(open); }) {}

Recorder::~Recorder() {
  wait();
}

void Recorder::wait() {
  Recorder::finish();
  if (thread_.joinable()) thread_.join();
}

// One of how many pictures is taken.
int Recorder::stride() const {
  if (waiting_.size() >= capacity_) return 0;
  return waiting_.size() > 3 * capacity_ / 4 ? 4 : waiting_.size() > capacity_ / 2 ? 2 : 1;
}

void Recorder::write(const Planes& picture) {
  const std::lock_guard lock(mutex_);
  if (closing_ || !state_.failure.empty()) return;
  ++ticks_;
  const int taken = stride();
  if (taken == 0 || offered_++ % taken != 0) {
    ++held_;
    ++state_.left_out;
    if (!std::exchange(thinned_, true))
      warning(fmt::format("{} cannot keep up: recording fewer pictures until it can", name_));
    return;
  }
  waiting_.push_back({picture, std::exchange(held_, 0)});
  changed_.notify_all();
}

void Recorder::hold(int64_t frames) {
  const std::lock_guard lock(mutex_);
  held_ += frames;
  if (!closing_ && ticks_ > 0) ticks_ += frames;
}

void Recorder::write_sound(std::span<const float> samples) {
  const std::lock_guard lock(mutex_);
  if (!state_.failure.empty() || state_.over) return;
  sound_.insert(sound_.end(), samples.begin(), samples.end());
  sounded_ += static_cast<int64_t>(samples.size()) / kSoundChannels;
  changed_.notify_all();
}

void Recorder::finish() {
  const std::lock_guard lock(mutex_);
  closing_ = state_.ending = true;
  changed_.notify_all();
}

Recorder::State Recorder::state() const {
  const std::lock_guard lock(mutex_);
  return state_;
}

void Recorder::fail(const std::string& why) {
  const std::lock_guard lock(mutex_);
  state_.failure = why;
  waiting_.clear();
  warning(fmt::format("the recording {} ends: {}", name_, why));
}

void Recorder::work(const Open& open) {
  std::unique_ptr<Sink> sink;
  try {
    sink = open();
    write_all(*sink);
    sink->finish();
  } catch (const std::exception& e) {
    fail(e.what());
    const std::string rest = sink ? sink->salvage() : "";
    if (!rest.empty()) warning(fmt::format("the recording so far is in {}", rest));
    return;
  }
  sink.reset();  // whoever sees that it is over never waits for an encoder
  const std::lock_guard lock(mutex_);
  state_.over = true;
}

void Recorder::write_all(Sink& sink) {
  for (;;) {
    Waiting next;
    {
      std::unique_lock lock(mutex_);
      changed_.wait(lock, [this] { return closing_ || !waiting_.empty() || !sound_.empty(); });
      if (waiting_.empty() && closing_) break;
    }
    take_sound(sink);
    {
      const std::lock_guard lock(mutex_);
      if (waiting_.empty()) continue;
      next = std::move(waiting_.front());
      waiting_.pop_front();
      if (waiting_.empty()) thinned_ = false;
    }
    if (next.held > 0) sink.hold(next.held);
    sink.write(next.picture);
    const std::lock_guard lock(mutex_);
    ++state_.frames;
  }
  if (sound_fps_ > 0) write_last_sound(sink);
  take_sound(sink);
  int64_t held = 0;
  {
    const std::lock_guard lock(mutex_);
    held = std::exchange(held_, 0);
  }
  if (held > 0) sink.hold(held);
}

void Recorder::take_sound(Sink& sink) {
  std::vector<float> sound;
  {
    const std::lock_guard lock(mutex_);
    sound.swap(sound_);
  }
  if (!sound.empty()) sink.write_sound(sound);
}

// Of the time of the last pictures: it comes after them.
void Recorder::write_last_sound(Sink& sink) {
  const auto until = std::chrono::steady_clock::now() + kSoundPatience;
  std::unique_lock lock(mutex_);
  const auto wanted = static_cast<int64_t>(static_cast<double>(ticks_) / sound_fps_ * kSoundRate);
  changed_.wait_until(lock, until, [&] { return sounded_ >= wanted; });
  lock.unlock();
  take_sound(sink);
}

}  // namespace reverie
