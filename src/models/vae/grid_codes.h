// Codes in a grid that are drawn: noise that is smooth from code to code, as `latent` scrolls through it.
#pragma once

#include <array>

#include "models/torch.h"

namespace reverie {

// The four weights of a uniform cubic B-spline, 0 <= t <= 1 between the second and the third of its points.
std::array<double, 4> spline_weights(double t);

// White noise [N, C, h + 3, w + 3] through a cubic B-spline: codes [N, C, h, w] of variance 1. phases: [N,
// 2], 0..1, how far down and to the right of the noise's own places those of each picture are.
torch::Tensor smooth_codes(const torch::Tensor& noise, const torch::Tensor& phases);

}  // namespace reverie
