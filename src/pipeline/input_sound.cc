#include "pipeline/input_sound.h"

#include <chrono>
#include <condition_variable>
#include <deque>
#include <exception>
#include <filesystem>
#include <mutex>
#include <thread>

#include "pipeline/signal_source.h"

namespace reverie {
namespace {

constexpr double kAhead = 1;                          // seconds
constexpr std::chrono::milliseconds kPatience(1000);  // with a hanging disk, at the end

}  // namespace

bool may_have_sound(const std::string& spec) {
  std::error_code code;
  return std::filesystem::is_regular_file(spec, code);
}

struct InputSound::Ahead {
  struct Moment {
    double seconds;
    Signals signals;
  };

  std::mutex mutex;
  std::condition_variable changed;
  std::deque<Moment> moments;
  double asked = 0;
  bool closing = false, over = false;

  void close() {
    const std::lock_guard lock(mutex);
    closing = true;
    changed.notify_all();
  }

  void work(const std::string& spec, double fps) {
    SignalOptions options;
    options.sound = SinkOptions::Sound{spec, 0, true};
    options.fps = fps;
    SignalSource source(options);
    for (int64_t n = 0;; ++n) {
      const double seconds = static_cast<double>(n) / fps;
      const Signals signals = source.at({n, seconds});
      std::unique_lock lock(mutex);
      changed.wait(lock, [&] { return closing || seconds < asked + kAhead; });
      if (closing) return;
      moments.push_back({seconds, signals});
    }
  }
};

InputSound::InputSound(const std::string& spec, double fps) : ahead_(std::make_shared<Ahead>()) {
  std::thread([ahead = ahead_, spec, fps] {
    try {
      ahead->work(spec, fps);
    } catch (const std::exception&) {
      // no sound: stay silent
    }
    const std::lock_guard lock(ahead->mutex);
    ahead->over = true;
    ahead->changed.notify_all();
  }).detach();
}

InputSound::~InputSound() {
  ahead_->close();
}

void InputSound::end() {
  ahead_->close();
  std::unique_lock lock(ahead_->mutex);
  ahead_->changed.wait_for(lock, kPatience, [this] { return ahead_->over; });
}

Signals InputSound::at(double seconds) {
  const std::lock_guard lock(ahead_->mutex);
  ahead_->asked = seconds;
  auto& moments = ahead_->moments;
  while (!moments.empty() && moments.front().seconds <= seconds) {
    last_ = moments.front().signals;
    moments.pop_front();
  }
  ahead_->changed.notify_all();
  return last_;
}

}  // namespace reverie
