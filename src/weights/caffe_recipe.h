// Converts a Caffe net and its solver to a training recipe.
#pragma once

#include <string>
#include <vector>

#include "weights/caffe_net.h"
#include "weights/caffe_solver.h"

namespace reverie {

struct CaffeRecipe {
  std::string text;                   // TOML
  std::vector<std::string> warnings;  // what a recipe cannot express, one line each
};

// The recipe of one stage that trains the net as the solver does.  Error names file and layer or field if the
// net is not an hourglass (caffe_chain.h), or if a recipe would learn something else: another solver, loss,
// rate policy, kind of filler or regularization, no batch size, no number of iterations.
CaffeRecipe recipe_from_caffe(const CaffeNet& net, const CaffeSolver& solver);

}  // namespace reverie
