// Solvers over the flat vector of all parameters.
#pragma once

#include <torch/torch.h>

#include <vector>

#include "models/hourglass_net.h"
#include "train/recipe.h"

namespace reverie {

// One stage's solver.  sgd, as Caffe has it: v = momentum v + rate g, w -= v (the rate is within the
// momentum). adagrad (Duchi et al. 2011): s += g^2, w -= rate g / (sqrt(s) + 1e-8).  adam (Kingma, Ba 2015):
// second moment 0.999, epsilon 1e-8.  weight_decay adds to the gradient of weights, not of biases.
class Solver {
 public:
  Solver(const Stage& stage, const HourglassNet& net);

  // gradient [P]; iteration from 0 within the stage.
  void step(torch::Tensor& flat, const torch::Tensor& gradient, int64_t iteration);

  // What a checkpoint has to keep: [P] each.
  std::vector<torch::Tensor>& state() { return state_; }
  const std::vector<torch::Tensor>& state() const { return state_; }

 private:
  Stage stage_;
  torch::Tensor multiplier_, decay_;  // [P] each
  std::vector<torch::Tensor> state_;
};

}  // namespace reverie
