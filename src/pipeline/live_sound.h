// What a set sounds like: what is listened to from outside, or its input's own sound.
#pragma once

#include <atomic>
#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "pipeline/input_sound.h"

namespace reverie {

// Sound from outside, by the machine's clock.  Thread-safe.
class SoundFeed {
 public:
  using Clock = std::chrono::steady_clock;

  SoundFeed() = default;
  virtual ~SoundFeed() = default;
  SoundFeed(const SoundFeed&) = delete;
  SoundFeed& operator=(const SoundFeed&) = delete;

  // Whether it is what the set listens to, even if its device is away.
  virtual bool listening() const = 0;
  // Fills `out`, interleaved kSoundChannels at kSoundRate, with what was heard from then on; returns how many
  // frames of it have arrived.
  virtual size_t read(Clock::time_point from, std::span<float> out) = 0;
};

// Used by the engine's thread alone, but for sounds().
class LiveSound {
 public:
  // feed: null if there is none.  fps: of the engine.
  LiveSound(SoundFeed* feed, double fps) : feed_(feed), fps_(fps) {}
  ~LiveSound();

  // The set has another input, or is at another place of it, in seconds from its beginning: its sound begins
  // there now, in seconds of the set.
  void open_input(const std::string& spec, double now, double place = 0);
  // The input's sound is not to be heard, until it is opened again.
  void silence_input() { silent_ = true; }

  bool has_input() const { return input_ != nullptr; }
  // What the input's sound does now.
  Signals input_at(double now) { return silent_ ? Signals() : input_->at(now - input_began_); }

  // Whether there is something to hear.
  bool sounds() const { return sounds_; }

  // Gives all of the sound since the last call that has arrived by now, in pieces; where: of the piece's
  // begin, in frames at kSoundRate since the set began at `origin`.  Nothing that nobody wants is read.
  using Give = std::function<void(int64_t where, std::span<const float>)>;
  void pump(double now, SoundFeed::Clock::time_point origin, bool wanted, const Give& give);
  // How far that has come, in seconds of the set.
  double reached() const;

 private:
  size_t read(int64_t behind, SoundFeed::Clock::time_point origin);

  SoundFeed* feed_;
  double fps_;
  std::unique_ptr<InputSound> input_;
  double input_began_ = 0;  // seconds of the set
  bool silent_ = false;     // the input
  int64_t at_ = 0;          // frames
  std::vector<float> piece_;
  std::atomic<bool> sounds_{false};
};

}  // namespace reverie
