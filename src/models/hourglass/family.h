// The family of the hourglasses: recipes' table [hourglass].
#pragma once

#include "models/family.h"
#include "models/hourglass/config.h"

namespace reverie {

class HourglassSettings : public NetworkSettings {
 public:
  std::string text() const override;
  std::vector<std::string> parameter_names() const override;
  std::unique_ptr<Model> build(const BuildOptions& options) const override;
  double weights() const override;
  double activations(int height, int width) const override;

  HourglassConfig net;
  InitKind init = InitKind::kGaussian;
  double init_std = 0.1;
};

Family hourglass_family();

}  // namespace reverie
