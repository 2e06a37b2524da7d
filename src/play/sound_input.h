// A microphone, a line input or what the computer plays, analysed as it arrives.  It may come and go.
#pragma once

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include "pipeline/live_sound.h"
#include "sound/sound_analysis.h"
#include "sound/sound_on_clock.h"

namespace reverie {

inline constexpr double kLeastGain = -40, kMostGain = 40;  // decibels

// Analysed for the pictures, and kept for recordings.  A thread of its own opens the device, and again when
// it was away: unplugged, or its server restarted.
class SoundInput final : public SoundFeed {
 public:
  // Nothing is listened to yet.
  SoundInput();
  ~SoundInput() override;
  SoundInput(const SoundInput&) = delete;
  SoundInput& operator=(const SoundInput&) = delete;

  // device: a name of devices() or part of one; empty: the default one; nothing: none.  It need not be there.
  void listen(std::optional<std::string> device);
  void set_gain(double decibels);

  struct State {
    std::optional<std::string> asked;  // as listen() was told
    std::string name;                  // of what is heard; empty: nothing
    std::string trouble;               // why nothing is heard; empty if all is well
    double gain = 0;                   // decibels
  };
  State state() const;
  bool listening() const override;  // to something, even if it is away
  // Silence while nothing is heard.
  SoundValues newest() const;
  // What the device heard, by the time at which it arrived here.
  size_t read(Clock::time_point from, std::span<float> out) override;

  // The sound inputs there are, as last seen; a look is taken now and then, from the first call on.
  std::vector<std::string> devices();

 private:
  class Device;

  void work();
  void look();
  void lose(const std::string& why);

  mutable std::mutex mutex_;
  std::condition_variable changed_;
  State state_;
  std::vector<std::string> devices_;
  bool stop_ = false, again_ = false, listed_ = false;
  std::atomic<float> gain_{1};
  std::string driver_;  // of SDL: the one that worked first, as another may take the device from it
  struct Heard {        // for recordings, from one device and the next
    std::mutex mutex;
    SoundOnClock sound;
  };
  Heard heard_;
  mutable std::mutex device_mutex_;
  std::unique_ptr<Device> device_;  // changed by the thread only
  std::thread thread_;
};

// The available sound inputs, with what the computer itself plays.
std::vector<std::string> sound_devices();

}  // namespace reverie
