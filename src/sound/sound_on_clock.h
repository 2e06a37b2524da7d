// A sound device's samples on the clock of the machine.
#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <span>
#include <vector>

namespace reverie {

// Blocks arrive late by varying times, and a device's samples are never exactly as fast as the machine's
// clock.  Each sample is placed by the blocks that came soonest of the last seconds; where that changes, the
// sound is read a little faster or slower.  Times are seconds of any steady clock.
class SoundOnClock {
 public:
  static constexpr int kRate = 48000, kChannels = 2;

  // A block, interleaved, whose last sample arrived at this time.  After a gap in the sound it starts again.
  void push(std::span<const float> block, double arrived);

  // Fills `out`, interleaved, with the sound from this time on; returns the number of frames that are known,
  // the rest not having arrived.  What is no longer kept, or was in a gap, is silent.
  size_t read(double from, std::span<float> out);

  // When the newest sample was heard; very early if there is none.
  double newest() const;

 private:
  struct Soonest {
    double until;   // of the clock
    double offset;  // the least, of an arrival less the samples before it
  };
  void settle(double arrived);
  float at(int64_t frame, size_t channel) const;

  std::vector<float> kept_;  // a ring
  int64_t first_ = 0;        // the frame of the sound since which it goes on without a gap
  int64_t frames_ = 0;       // that were pushed
  double offset_ = 0;        // of the clock, at frame 0
  double settled_ = 0;       // when that was last corrected
  std::deque<Soonest> soonest_;
};

}  // namespace reverie
