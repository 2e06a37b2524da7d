// How clips move, as the input of a network (Simonyan and Zisserman 2014, "Two-Stream Convolutional
// Networks").
#pragma once

#include "models/torch.h"

namespace reverie {

// Displacements beyond this, of pictures whose smaller side is 224, count as this; smaller pictures have
// less.
inline constexpr double kLargestDisplacement = 20;

// pictures: [N, T, 3, H, W], 0..255, T >= 2 -> [N, T - 1, 2, H, W]: the flow (dis-fast) from each frame to
// the next, less its mean, which takes the camera's motion away, and divided by the largest displacement:
// -1..1. Clips are shared among LibTorch's threads; any number gives the same values.
torch::Tensor flow_input(const torch::Tensor& pictures);

}  // namespace reverie
