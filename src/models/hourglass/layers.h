// The layers of an hourglass, arranged so that LibTorch computes them fast on a processor.
#pragma once

#include "models/hourglass/config.h"
#include "models/torch.h"

namespace reverie {

torch::Tensor activate(const torch::Tensor& x, ActivationKind kind);

// x [N, C, H, W] -> [N, C', H/p, W/p]: convolution (zero padding (k - 1) / 2), activation, pooling; H and W
// multiples of p.  With max pooling the activation follows it: every activation here is monotonic, so that
// the result is the same to the bit for a quarter of the work.
torch::Tensor encode_layer(const torch::Tensor& x, const torch::Tensor& weight, const torch::Tensor& bias,
                           const LevelConfig& level);

// h [N, C', H, W] -> [N, C, H p, W p] before the activation: the transposed convolution of stride p and
// padding (k - p) / 2 with weight [C', C, k, k].
torch::Tensor decode_layer(const torch::Tensor& h, const torch::Tensor& weight, const torch::Tensor& bias,
                           int pool_size);

// How many samples of h beyond each edge reach into its decoding.
int decode_reach(int decode_kernel, int pool_size);

// decode_layer() of an h that has decode_reach() samples more on each side than the result shows: whatever
// lies beyond the edge, where decode_layer() has zeros.
torch::Tensor decode_extended(const torch::Tensor& h, const torch::Tensor& weight, const torch::Tensor& bias,
                              int pool_size);

}  // namespace reverie
