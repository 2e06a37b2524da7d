// What makes dreams robust: the network never sees the picture twice in the same place, size and angle.
#pragma once

#include "core/random.h"
#include "models/torch.h"

namespace reverie {

// picture: [N, 3, H, W] in 0..255 -> [N, 3, H + 24, W + 24]: padded with grey, rolled, scaled by 0.9 to 1.1,
// turned by up to 10 degrees, rolled again, as Lucid does it by default (Olah et al. 2017, "Feature
// Visualization"). Differentiable.
torch::Tensor transformed(const torch::Tensor& picture, Random& draw);

}  // namespace reverie
