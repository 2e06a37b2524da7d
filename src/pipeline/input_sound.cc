#include "pipeline/input_sound.h"

#include <cmath>
#include <filesystem>

#include "core/error.h"
#include "pipeline/signal_source.h"

namespace reverie {
namespace {

constexpr double kAhead = 1;  // seconds

}  // namespace

bool may_have_sound(const std::string& spec) {
  std::error_code code;
  return std::filesystem::is_regular_file(spec, code);
}

InputSound::InputSound(std::string spec, double fps)
    : spec_(std::move(spec)), fps_(fps), thread_([this] { work(); }) {}

InputSound::~InputSound() {
  {
    const std::lock_guard lock(mutex_);
    closing_ = true;
    changed_.notify_all();
  }
  thread_.join();
}

Signals InputSound::at(double seconds) {
  const std::lock_guard lock(mutex_);
  asked_ = seconds;
  while (!ahead_.empty() && ahead_.front().seconds <= seconds) {
    last_ = ahead_.front().signals;
    ahead_.pop_front();
  }
  changed_.notify_all();
  return last_;
}

void InputSound::work() {
  try {
    SignalOptions options;
    options.sound = SinkOptions::Sound{spec_, 0, true};
    options.fps = fps_;
    SignalSource source(options);
    for (int64_t n = 0;; ++n) {
      const double seconds = static_cast<double>(n) / fps_;
      const Signals signals = source.at({n, seconds});
      std::unique_lock lock(mutex_);
      changed_.wait(lock, [&] { return closing_ || seconds < asked_ + kAhead; });
      if (closing_) return;
      ahead_.push_back({seconds, signals});
    }
  } catch (const Error&) {
    // no sound: silence is all there is to hear
  }
}

}  // namespace reverie
