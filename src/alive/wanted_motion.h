// Where pictures should move, and how far they do otherwise.
#pragma once

#include "models/torch.h"

namespace reverie {

struct WantedMotion {
  double x = 0, y = 0;  // pixels a frame, to the right and down
  double turn = 0;      // degrees a frame, counter-clockwise about the middle
};

// then, now: [N, 3, H, W], `frames` frames apart.  0 where all moves as it is wanted to, about 1 where it
// moves anyhow or stands still.
torch::Tensor moving_otherwise(const torch::Tensor& then, const torch::Tensor& now, int frames,
                               const WantedMotion& wanted);

}  // namespace reverie
