// The sound of a set's input along with its pictures: analysed, and as samples.
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <string>

#include "core/signals.h"

namespace reverie {

// A thread decodes and analyses one second ahead, so that at() never waits.  It keeps what it needs alive, so
// a hanging disk delays nobody.  An input without sound, or whose sound breaks, is silent.
class InputSound {
 public:
  // spec: a file, looped. fps: how many times per second at() is called.  place: seconds into it.
  InputSound(const std::string& spec, double fps, double place = 0);
  ~InputSound();  // does not wait
  InputSound(const InputSound&) = delete;
  InputSound& operator=(const InputSound&) = delete;

  // Stops listening; waits for the thread, but not for a hanging disk.
  void end();

  // Seconds since the input began; must not decrease.
  Signals at(double seconds);

  // False where it has turned out to have none.
  bool sounds() const;
  // Fills `out`, interleaved kSoundChannels at kSoundRate, from this frame of the sound on: around the time
  // that at() was last asked for, elsewhere with silence.
  void read(int64_t frame, std::span<float> out) const;

 private:
  struct Ahead;
  std::shared_ptr<Ahead> ahead_;
  Signals last_;
};

// Whether the sound of this input can be read separately: it is a file.
bool may_have_sound(const std::string& spec);
// Whether it does: opens it.
bool has_sound(const std::string& spec);

}  // namespace reverie
