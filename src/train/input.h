// From batches of pictures to what the network sees.
#pragma once

#include <torch/torch.h>

#include "data/batches.h"
#include "data/record_set.h"
#include "models/model_file.h"
#include "train/recipe.h"

namespace reverie {

// [N, 3, H, W] (in memory pixel by pixel) of values 0..255, without a copy: the batch must live as long.
torch::Tensor as_tensor(const Batch& batch, int height, int width);

// Pictures first .. first + count - 1 of a split in file order, [N, 3, H, W], 0..255.
torch::Tensor read_pictures(const RecordSet& set, Split split, size_t first, size_t count);

// The transform of a record set's training split: mean filled in where it is subtracted.
InputTransform make_transform(const InputSettings& settings, const RecordSet& set);

// (pictures - mean) * scale; Error where the mean is of another size.
torch::Tensor apply(const InputTransform& transform, const torch::Tensor& pictures);

// apply() backwards: values 0..255, not clamped.
torch::Tensor unapply(const InputTransform& transform, const torch::Tensor& seen);

// The input of a denoising hourglass: noise of the iteration by (seed, iteration), slots first .. of a global
// batch of `batch`, so that processes that share the batch see what one process sees.
torch::Tensor corrupt(const torch::Tensor& target, const InputSettings& settings, uint64_t seed,
                      int64_t iteration, int64_t first, int64_t batch);

}  // namespace reverie
