// Transposed convolutions as ordinary ones: a convolution makes the stride x stride output samples of each
// place as channels, its phases, and a pixel shuffle puts them in order (Shi et al. 2016, arXiv:1609.07009).
// LibTorch's own is several times slower on a processor.
#pragma once

#include "models/torch.h"

namespace reverie {

// Of the transposed convolution with padding (kernel - stride) / 2, rounded down: how many samples before and
// after its own place reach into a place's phases.  kernel >= stride.
struct PhaseReach {
  int before = 0, after = 0;
};
PhaseReach phase_reach(int kernel, int stride);

// weight [C', C, k, k] of a transposed convolution -> [C stride^2, C', m, m], m = before + 1 + after.
// Differentiable.
torch::Tensor phase_weight(const torch::Tensor& weight, int stride);

// weight [C, C', k, k] of a convolution of stride 1 -> [C p^2, C', k + p - 1, k + p - 1]: that of stride p
// which makes the p x p phases of each place.  Faster where C is a few channels, of which a processor
// computes sixteen at once.
torch::Tensor convolution_phases(const torch::Tensor& weight, int p);

}  // namespace reverie
