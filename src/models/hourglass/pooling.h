// Pooling as a training step wants it: the same bits as LibTorch's, with less memory to go through.
#pragma once

#include "models/torch.h"

namespace reverie {

// As torch::max_pool2d(u, p), with its gradient; u [N, C, H, W], H and W multiples of p.
torch::Tensor pool_max(const torch::Tensor& u, int64_t p);

// As torch::avg_pool2d(torch::tanh(u), p), with its gradient.  u may be overwritten: nobody else may use it.
torch::Tensor pool_mean_of_tanh(const torch::Tensor& u, int64_t p);

}  // namespace reverie
