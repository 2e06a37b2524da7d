// Where pictures should move, place by place, and how far they do otherwise.
#pragma once

#include <vector>

#include "models/torch.h"
#include "motion/flow.h"

namespace reverie {

// Velocities are [2, H, W], pixels a frame: to the right, and down.

// All moves alike, x to the right and y down, and turns by `turn` degrees a frame, counter-clockwise about
// the middle.
torch::Tensor drift(double x, double y, double turn, int height, int width);

// As a clip moves whose mean flow this is, `speed` times as fast, in pictures of height x width; what is
// unknown there stands still.  Error where next to nothing would move.
torch::Tensor motion_of_clip(const Flow& mean, double speed, int height, int width);

class WantedMotion {
 public:
  // Error where all of a picture would leave it within a few frames.
  explicit WantedMotion(const torch::Tensor& velocity);

  static constexpr int64_t kFrames = 5;  // that are looked at
  // The last of frames in a row, [N, 3, H, W], beside those 1, 2 and 4 before it: far ones tell slow motions,
  // and near ones that stripes moved on, and not back.  0 where all moves as it should, about 1 where it
  // moves anyhow, stands still, or is the same all along its way.  What comes from beyond the edges does not
  // count.
  torch::Tensor otherwise(const std::vector<torch::Tensor>& frames) const;

 private:
  struct Path {
    int64_t frames;
    torch::Tensor from;   // [1, H, W, 2]: where each sample comes from
    torch::Tensor known;  // [1, 1, H, W]: 1 where that way lies in the picture
  };
  std::vector<Path> paths_;
};

}  // namespace reverie
