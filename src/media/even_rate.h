// Frames at times of their own as frames at a constant rate.  Internal to media/.
#pragma once

#include <cstdint>
#include <vector>

namespace reverie::ffmpeg {

// The output frame in which a picture first appears: its time after `start`, in seconds, in output frames,
// rounded to nearest.  Nearest rather than down: containers round time stamps, and a frame at 0.0417 s is
// meant for 1/24.
int64_t slot_of(double time, double start, double fps);

struct EvenRate {
  double rate = 0;  // frames per second
  size_t lost = 0;  // pictures that share their slot with a later one
};

// `header`, if no picture is lost at it; else the lowest usual rate that loses none, or the fewest, up to
// kHighestFps.  times: ascending, in seconds.
EvenRate even_rate(const std::vector<double>& times, double start, double header);

}  // namespace reverie::ffmpeg
