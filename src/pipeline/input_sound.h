// The sound of a set's input, listened to along with its pictures.
#pragma once

#include <memory>
#include <string>

#include "core/signals.h"

namespace reverie {

// A thread decodes and analyses a second ahead, so that at() never waits.  It holds what it needs alive, so
// that a disk that hangs delays nobody.  What has no sound, or breaks, is silent.
class InputSound {
 public:
  // spec: a file, over and over.  fps: times are asked for so often a second.
  InputSound(const std::string& spec, double fps);
  ~InputSound();  // does not wait
  InputSound(const InputSound&) = delete;
  InputSound& operator=(const InputSound&) = delete;

  // Nothing more is listened to; waits for the thread, but not for a disk that hangs.
  void end();

  // Seconds since the input began; they must not descend.
  Signals at(double seconds);

 private:
  struct Ahead;
  std::shared_ptr<Ahead> ahead_;
  Signals last_;
};

// Whether the input is one whose sound can be listened to besides: a file.
bool may_have_sound(const std::string& spec);

}  // namespace reverie
