// Operations of networks in use, whose weights are constants.  Autograd's own keep what gradients of weights
// would need; these keep what the gradient of the picture needs: nothing of a convolution, a bit of a ReLU
// (as a byte), the places of a pooling's maxima.
#pragma once

#include "models/model.h"

namespace reverie {

struct ConvolutionSteps {
  std::vector<int64_t> stride{1, 1}, pad{0, 0}, dilation{1, 1};
  int64_t group = 1;
};

// x: [N, C, H, W]; weight and bias (may be undefined) require no gradient.
torch::Tensor lean_convolution(const torch::Tensor& x, const torch::Tensor& weight, const torch::Tensor& bias,
                               const ConvolutionSteps& steps);

// max(x, 0), with the leak that the options ask for; may_overwrite: nobody reads x any more.
torch::Tensor lean_relu(const torch::Tensor& x, const PassOptions& options, bool may_overwrite = false);

struct PoolSteps {
  std::vector<int64_t> kernel, stride, pad{0, 0};
  bool round_up = false;
};
torch::Tensor lean_max_pool(const torch::Tensor& x, const PoolSteps& steps);

}  // namespace reverie
