// From pictures to what a network sees, and back.
#pragma once

#include <array>

#include "models/torch.h"

namespace reverie {

// (picture - mean) * scale * channel_scale, pictures in 0..255, then the channels as the network takes them,
// or their luma.
struct InputTransform {
  double scale = 1.0 / 256;
  bool subtract_mean = true;  // of the training split
  // [3, H, W], or [3, 1, 1] for pictures of any size, in 0..255; undefined where it is not known (a file from
  // Caffe).
  torch::Tensor mean = {};
  std::array<double, 3> channel_scale = {1, 1, 1};  // of R, G, B
  bool bgr = false;                                 // the network takes B, G, R
  bool grey = false;                                // it takes one channel, the luma
};

// [..., 3, H, W] -> [..., 1, H, W]: 0.2126 R + 0.7152 G + 0.0722 B (BT.709).
torch::Tensor luma(const torch::Tensor& pictures);

// pictures: [..., 3, H, W]; [..., 1, H, W] where it takes grey.  Error where the mean is of another size.
torch::Tensor apply(const InputTransform& transform, const torch::Tensor& pictures);

// apply() backwards: values 0..255, not clamped; grey becomes three equal channels.
torch::Tensor unapply(const InputTransform& transform, const torch::Tensor& seen);

}  // namespace reverie
