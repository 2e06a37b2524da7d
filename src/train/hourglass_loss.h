// What an hourglass's training is to make small.
#pragma once

#include <vector>

#include "models/hourglass/net.h"
#include "models/torch.h"
#include "train/hourglass_task.h"

namespace reverie {

struct LossParts {
  torch::Tensor total;                // one number: the weighted sum
  std::vector<torch::Tensor> errors;  // of level 0, 1, ...; undefined where the weight is 0
};

// input [N, 3, H, W] goes in, target is what level 0 is held against (the same, but for denoising).  The
// reconstruction of level l is the top level decoded down to it.  Euclidean: sum (r - h[l])^2 / (2 count),
// the gradient flowing into both, as Caffe's EuclideanLossLayer.  Cross-entropy of level 0: sum over the
// picture of -t log s(r) - (1 - t) log(1 - s(r)), / count. count: pictures in the whole batch, over all
// processes.
LossParts hourglass_losses(const HourglassNet& net, const HourglassStage& stage, const torch::Tensor& input,
                           const torch::Tensor& target, int64_t count);

// The stage's loss of a finished answer to a picture, in the units of the target.
torch::Tensor picture_loss(const HourglassStage& stage, const torch::Tensor& answer,
                           const torch::Tensor& target, int64_t count);

// sum (a - b)^2 / (2 count)
torch::Tensor euclidean(const torch::Tensor& a, const torch::Tensor& b, int64_t count);

}  // namespace reverie
