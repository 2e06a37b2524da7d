// Training hourglasses: levels that reconstruct what is below them.
#pragma once

#include "models/hourglass/family.h"
#include "models/hourglass/model.h"
#include "train/task.h"

namespace reverie {

enum class LossKind { kEuclidean, kCrossEntropy };

class HourglassStage : public StageSettings {
 public:
  std::string text() const override;

  LossKind loss = LossKind::kEuclidean;
  std::vector<double> loss_weights = {1};
  int top_level = 0, frozen_levels = 0;
};

const HourglassStage& hourglass_stage(const Stage& stage);
const HourglassSettings& hourglass_settings(const Recipe& recipe);

TaskKind hourglass_task();

}  // namespace reverie
