#include "pipeline/input_sound.h"

#include <algorithm>
#include <chrono>
#include <cmath>
#include <condition_variable>
#include <deque>
#include <exception>
#include <filesystem>
#include <mutex>
#include <thread>
#include <vector>

#include "media/sound_reader.h"
#include "pipeline/signal_source.h"

namespace reverie {
namespace {

constexpr double kAhead = 1, kKept = 1;               // seconds, before and after it is heard
constexpr std::chrono::milliseconds kPatience(1000);  // with a hanging disk, at the end

}  // namespace

bool may_have_sound(const std::string& spec) {
  std::error_code code;
  return std::filesystem::is_regular_file(spec, code);
}

bool has_sound(const std::string& spec) {
  if (!may_have_sound(spec)) return false;
  try {
    const SoundReader reader({spec});
    return true;
  } catch (const std::exception&) {
    return false;
  }
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
  std::deque<float> sound;  // from sound_first on, in frames of kSoundChannels
  int64_t sound_first = 0;

  void keep(const std::vector<float>& samples) {
    sound.insert(sound.end(), samples.begin(), samples.end());
    const auto needed = static_cast<int64_t>((asked - kKept) * kSoundRate);
    const auto there = static_cast<int64_t>(sound.size()) / kSoundChannels;
    const int64_t gone = std::clamp<int64_t>(needed - sound_first, 0, there);
    sound.erase(sound.begin(), sound.begin() + gone * kSoundChannels);
    sound_first += gone;
  }

  void close() {
    const std::lock_guard lock(mutex);
    closing = true;
    changed.notify_all();
  }

  void work(const std::string& spec, double fps, double place) {
    SignalOptions options;
    options.sound = SinkOptions::Sound{spec, place, true};
    options.fps = fps;
    SignalSource source(options);
    SoundReader samples(*options.sound, fps, kSoundChannels);
    std::vector<float> piece;
    int64_t read = 0;
    for (int64_t n = 0;; ++n) {
      const double seconds = static_cast<double>(n) / fps;
      const Signals signals = source.at({n, seconds});
      const auto end = static_cast<int64_t>(std::llround(static_cast<double>(n + 1) / fps * kSoundRate));
      piece.assign(static_cast<size_t>(end - read) * kSoundChannels, 0);
      samples.read(piece);
      read = end;
      std::unique_lock lock(mutex);
      changed.wait(lock, [&] { return closing || seconds < asked + kAhead; });
      if (closing) return;
      moments.push_back({seconds, signals});
      keep(piece);
    }
  }
};

InputSound::InputSound(const std::string& spec, double fps, double place)
    : ahead_(std::make_shared<Ahead>()) {
  std::thread([ahead = ahead_, spec, fps, place] {
    try {
      ahead->work(spec, fps, place);
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

bool InputSound::sounds() const {
  const std::lock_guard lock(ahead_->mutex);
  return !ahead_->over;
}

void InputSound::read(int64_t frame, std::span<float> out) const {
  const std::lock_guard lock(ahead_->mutex);
  const int64_t begin = (frame - ahead_->sound_first) * kSoundChannels;
  for (size_t i = 0; i < out.size(); ++i) {
    const int64_t at = begin + static_cast<int64_t>(i);
    out[i] = at >= 0 && at < static_cast<int64_t>(ahead_->sound.size()) ? ahead_->sound[at] : 0;
  }
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
