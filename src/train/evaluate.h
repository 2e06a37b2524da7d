// How well an hourglass gives pictures back.
#pragma once

#include <cstddef>
#include <vector>

#include "data/record_set.h"
#include "models/hourglass/model.h"
#include "train/recipe.h"
#include "train/task.h"

namespace reverie {

struct Evaluation {
  size_t pictures = 0;
  // Of level 0, 1, ..., each decoded from the top: sum of squares / 2N, as Caffe's EuclideanLoss.
  std::vector<double> l2_errors;
  double psnr = 0;  // dB, of all samples together, pictures in 0..255
  // Pictures made smaller by the hourglass's factor and large again by cubic resampling (Keys 1981;
  // antialiased downwards), in the same units.
  double cubic_l2_error = 0, cubic_psnr = 0;
  int cubic_factor = 1;
};

// The first `limit` pictures of the split in file order; 0: all.  A model that does not bring its mean
// picture takes that of the set's training split.  Error where sizes do not fit.
Evaluation evaluate(const HourglassModel& model, const RecordSet& set, Split split, size_t limit);

// What a stage makes small, of pictures that it does not see.
struct TestLoss {
  double total = 0;
  std::vector<std::pair<std::string, double>> parts;
};

// Of the first `limit` test pictures, with the recipe's corruption (the same each time) but no augmentation.
// Error where there are none or their size does not fit.
TestLoss test_loss(Task& task, const Stage& stage, const RecordSet& set, size_t limit);

// The model's transform, with the mean picture of the set's training split where the model lacks it.
InputTransform complete_transform(const HourglassModel& model, const RecordSet& set);

// Pictures [N, 3, H, W] made smaller by `factor` and large again by cubic resampling.
torch::Tensor cubic_and_back(const torch::Tensor& pictures, int factor);

}  // namespace reverie
