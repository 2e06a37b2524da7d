// How well an hourglass reconstructs pictures.
#pragma once

#include <cstddef>
#include <optional>
#include <vector>

#include "data/record_set.h"
#include "models/hourglass/model.h"
#include "train/recipe.h"
#include "train/task.h"

namespace reverie {

struct Evaluation {
  size_t pictures = 0;
  // Of level 0, 1, ..., each decoded from the top: sum of squares / 2N, like Caffe's EuclideanLoss.
  std::vector<double> l2_errors;
  double psnr = 0;  // dB, over all samples, pictures in 0..255
  // Pictures shrunk by the hourglass's factor and enlarged again by cubic resampling (Keys 1981; antialiased
  // when shrinking), in the same units.
  double cubic_l2_error = 0, cubic_psnr = 0;
  int cubic_factor = 1;
};

// Evaluates the first `limit` pictures of the split in file order; 0: all.  A model without its mean picture
// uses that of the set's training split.  Error if sizes do not match.
Evaluation evaluate(const HourglassModel& model, const RecordSet& set, Split split, size_t limit);

// What a stage makes small, of pictures that it does not see.
struct TestLoss {
  double total = 0;
  std::vector<std::pair<std::string, double>> parts;
};

// For the first `limit` test pictures, with the recipe's corruption (the same each time) but no augmentation.
// Error if there are none or their size does not match.
TestLoss test_loss(Task& task, const Stage& stage, const RecordSet& set, size_t limit);

// The loss of some pictures, and what it would be if each were answered with the mean picture.
struct LossBesideMean {
  double loss = 0, mean = 0;
};

// Of test pictures, or of training pictures where there are none; nothing where the task knows no such
// answer.
std::optional<LossBesideMean> loss_beside_mean(Task& task, const Stage& stage, const RecordSet& set);

// The model's transform, with the mean picture of the set's training split if the model has none.
InputTransform complete_transform(const Model& model, const RecordSet& set);

// Pictures [N, 3, H, W] shrunk by `factor` and enlarged again by cubic resampling.
torch::Tensor cubic_and_back(const torch::Tensor& pictures, int factor);

}  // namespace reverie
