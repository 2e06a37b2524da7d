// Walks through codes: closed, and the same for the same seed.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "latent/kind.h"
#include "models/torch.h"

namespace reverie {

// Where a walk is: between which two of its stops, and how far.
struct WalkPlace {
  int64_t from = 0, to = 0;  // the last stop leads to the first
  double share = 0;          // 0 to below 1
};

// phase: in walks, its fraction counts.
WalkPlace place_on(double phase, int64_t stops);

// Between codes a and b.  Spherical: as far along the great circle as `share` says, and as long as both are
// between their lengths (Shoemake 1985, on vectors of any length); of grids each place by itself.
torch::Tensor along(const torch::Tensor& a, const torch::Tensor& b, double share, LatentPath path);

// "3 17, 5": the numbers of stops, each from 0 to 999999.  Error for any other text.
std::vector<int64_t> parse_stops(const std::string& text);

// Normal numbers [1, C] of the seed and the number of the stop.
torch::Tensor draw_codes(int64_t codes, uint64_t seed, int64_t stop);

// A part of an endless ground of normal numbers, [1, C, height, width], whose first sample is at (x, y):
// cubic B-splines over a lattice of one number every `scale` samples.
struct GroundView {
  int64_t height = 1, width = 1;
  double x = 0, y = 0;
  double scale = 1;
};
torch::Tensor view_ground(const GroundView& view, int64_t codes, uint64_t seed);

}  // namespace reverie
