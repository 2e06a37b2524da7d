// From batches of pictures to the network's input.
#pragma once

#include "data/batches.h"
#include "data/record_set.h"
#include "models/input_transform.h"
#include "models/torch.h"
#include "train/recipe.h"

namespace reverie {

// [N, 3, H, W] (in memory, channels last) with values 0..255, without a copy: the batch must outlive it.
torch::Tensor as_tensor(const Batch& batch, int height, int width);

// `count` pictures of a split in file order from `first` on, every `step`th: [N, 3, H, W], 0..255.
torch::Tensor read_pictures(const RecordSet& set, Split split, size_t first, size_t count, size_t step = 1);
// Their labels, [N] int64; -1: none.
torch::Tensor read_labels(const RecordSet& set, Split split, size_t first, size_t count, size_t step = 1);
torch::Tensor labels_of(const Batch& batch);

// The transform of a record set's training split: the mean is filled in if it is subtracted.
InputTransform make_transform(const InputSettings& settings, const RecordSet& set);

// The input of a denoising hourglass: noise determined by (seed, iteration), for the slots of a global batch
// of `batch` starting at first, so that processes that share the batch see what a single process sees.
torch::Tensor corrupt(const torch::Tensor& target, const InputSettings& settings, uint64_t seed,
                      int64_t iteration, int64_t first, int64_t batch);

}  // namespace reverie
