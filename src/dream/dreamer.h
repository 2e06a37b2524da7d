// Dreams a picture: octaves of steps along the gradient of what a network sees in it.
//
// Mordvintsev, Olah, Tyka 2015, "Inceptionism"; google/deepdream.
#pragma once

#include <functional>

#include "dream/gradient.h"
#include "dream/settings.h"

namespace reverie {

// How far a dream is.
struct DreamStep {
  int octave = 0, octaves = 1;  // octave 0 is the smallest
  int step = 0, steps = 1;      // done, of this octave
  int64_t height = 0, width = 0;
  int64_t tile = 0;  // side of the tiles; 0: none
  double value = 0;  // of the objective, before the step
};

// Called after each step with the picture so far, of its octave's size, in 0..255.
using OnDreamStep = std::function<void(const DreamStep&, const torch::Tensor&)>;

// Sizes of the octaves, smallest first: each divided by the scale, none below the smallest side that the
// networks take.
std::vector<std::pair<int64_t, int64_t>> octave_sizes(int64_t height, int64_t width,
                                                      const DreamSettings& settings, int64_t smallest_side);

// picture: [1, 3, H, W] in 0..255; the result is as large.  mask: [1, 1, h, w] in 0..1, any size, undefined:
// everywhere.  Every random draw comes from `draw`.  Stopped after Ctrl-C, and Error where the picture is
// smaller than the networks take.
torch::Tensor dream(Objective& objective, const torch::Tensor& picture, const DreamSettings& settings,
                    Random draw, const torch::Tensor& mask = {}, const OnDreamStep& on_step = nullptr);

// The dream's brightness with the colours of the picture, by share.
torch::Tensor with_colours_of(const torch::Tensor& dream, const torch::Tensor& picture, double share);

// Mean and deviation of each channel, [3, 1, 1].
struct ColourMoments {
  torch::Tensor mean, deviation;
};
ColourMoments colour_moments(const torch::Tensor& picture);
// Each channel with that mean and deviation, by share; clipped to 0..255.
torch::Tensor with_moments(const torch::Tensor& picture, const ColourMoments& wanted, double share);

}  // namespace reverie
