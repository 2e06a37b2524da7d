// Solvers over the flat vector of a network's parameters.
#pragma once

#include <vector>

#include "models/parameters.h"
#include "models/torch.h"
#include "train/recipe.h"

namespace reverie {

// One stage's solver.  sgd, as Caffe has it: v = momentum v + rate g, w -= v (the rate is within the
// momentum); nesterov looks one step ahead (w -= momentum v + rate g, of the new v). adagrad (Duchi et al.
// 2011): s += g^2, w -= rate g / (sqrt(s) + 1e-8).  adam (Kingma, Ba 2015): second moment 0.999, epsilon
// 1e-8.  weight_decay adds to the gradient of weights, not of biases.
class Solver {
 public:
  // The network's name in the recipe, empty or with a dot behind it, and the parts that the stage leaves
  // alone.
  Solver(const Stage& stage, const Parameters& parameters, const std::string& prefix = "",
         const std::vector<std::string>& frozen = {});

  // gradient [P]; iteration from 0 within the stage.
  void step(torch::Tensor& flat, const torch::Tensor& gradient, int64_t iteration);

  // The state for a checkpoint: [P] each.
  std::vector<torch::Tensor>& state() { return state_; }
  const std::vector<torch::Tensor>& state() const { return state_; }

 private:
  Stage stage_;
  torch::Tensor multiplier_, decay_;  // [P] each
  bool plain_ = true;                 // every multiplier is 1
  std::vector<torch::Tensor> state_;
};

}  // namespace reverie
