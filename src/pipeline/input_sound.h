// The sound of a set's input, listened to along with its pictures.
#pragma once

#include <condition_variable>
#include <deque>
#include <mutex>
#include <string>
#include <thread>

#include "control/signals.h"

namespace reverie {

// A thread decodes and analyses a second ahead, so that at() never waits.  What has no sound, or breaks, is
// silent.
class InputSound {
 public:
  // spec: a file, over and over.  fps: times are asked for so often a second.
  InputSound(std::string spec, double fps);
  ~InputSound();
  InputSound(const InputSound&) = delete;
  InputSound& operator=(const InputSound&) = delete;

  // Seconds since the input began; they must not descend.
  Signals at(double seconds);

 private:
  struct Moment {
    double seconds;
    Signals signals;
  };
  void work();

  const std::string spec_;
  const double fps_;
  std::mutex mutex_;
  std::condition_variable changed_;
  std::deque<Moment> ahead_;
  Signals last_;
  double asked_ = 0;
  bool closing_ = false;
  std::thread thread_;  // last: it starts when all else is there
};

// Whether the input is one whose sound can be listened to besides: a file.
bool may_have_sound(const std::string& spec);

}  // namespace reverie
