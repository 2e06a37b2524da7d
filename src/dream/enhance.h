// The enhanced layer: a picture whose activations at a layer are those of another picture, times a factor.
//
//   minimise  |f(X) - s f(X0)|^2 / |s f(X0)|^2 + a mean|X - 1/2|^6 + b mean (dx^2 + dy^2)
//
// by L-BFGS.  Mahendran and Vedaldi 2015, "Understanding Deep Image Representations by Inverting Them".
#pragma once

#include "dream/dreamer.h"

namespace reverie {

struct EnhanceSettings {
  double factor = 2;   // s
  int steps = 100;     // of L-BFGS
  double bound = 0.1;  // a: keeps the picture in range
  double smooth = 1;   // b: total variation
};

// picture: [1, 3, H, W] in 0..255; the result is as large, clipped to that.
torch::Tensor enhance(Objective& objective, const torch::Tensor& picture, const EnhanceSettings& settings,
                      const OnDreamStep& on_step);

}  // namespace reverie
