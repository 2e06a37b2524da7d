// The gradient that a dream climbs, for pictures of any size in bounded memory, and what is done to it before
// a step is taken.
#pragma once

#include "core/random.h"
#include "dream/objective.h"

namespace reverie {

struct GradientSettings {
  double position = 0;  // which sum of the objective
  double leak = 0;      // see PassOptions
  size_t memory = 0;    // bytes that it may take; 0: whole, whatever that takes
};

struct Gradient {
  torch::Tensor of;  // d value / d picture, [1, 3, H, W]
  double value = 0;  // of the objective; in tiles their margins count again
};

// Where memory does not suffice, the sum of tiles that overlap by the objective's receptive field, up to a
// quarter of a tile: with a smaller field it is what the whole picture gives, away from the borders.  draw
// shifts the tiles, so that what seams there are lie elsewhere every time.
Gradient gradient_of(const Objective& objective, const torch::Tensor& picture,
                     const GradientSettings& settings, Random draw);

// Side of the tiles that fit into that many bytes; 0: all of it fits.
int64_t tile_side(const Objective& objective, int64_t height, int64_t width, size_t memory);

// g: [1, 3, H, W].  levels: of the pyramid, at most so many that its smallest has two samples across.
torch::Tensor laplacian_normalised(const torch::Tensor& g, int levels);
torch::Tensor gaussian_smoothed(const torch::Tensor& g, double sigma);

}  // namespace reverie
