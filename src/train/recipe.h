// Recipes: TOML files that say how to train one hourglass.  docs/recipes.md lists all that can stand in one.
#pragma once

#include <cstdint>
#include <filesystem>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "models/hourglass_config.h"

namespace reverie {

enum class LossKind { kEuclidean, kCrossEntropy };
enum class SolverKind { kSgd, kAdagrad, kAdam };
enum class RatePolicy { kConstant, kStep, kExponential, kCosine };

struct InputSettings {
  bool mean = true;
  double scale = 1.0 / 256;
  bool flip = false;
  int shift = 0;
  double noise = 0, corrupt = 0, drop = 0;
};

struct Stage {
  LossKind loss = LossKind::kEuclidean;
  std::vector<double> loss_weights = {1};
  SolverKind solver = SolverKind::kSgd;
  int batch = 100;
  int64_t iterations = 10000;
  double rate = 0.001;
  RatePolicy rate_policy = RatePolicy::kConstant;
  double rate_factor = 0.1;
  int64_t rate_every = 10000, warm_up = 0;
  double momentum = 0.9, weight_decay = 0;
  int top_level = 0, frozen_levels = 0;
  std::map<std::string, double> rate_multipliers;
};

struct Recipe {
  std::string about, start;
  HourglassConfig hourglass;
  InitKind init = InitKind::kGaussian;
  double init_std = 0.1;
  InputSettings input;
  std::vector<Stage> stages;

  int64_t iterations() const;
};

// Reads a recipe after changes of the form "rate=0.01", "channels=[6]", "stage.2.rate=0.1" (stages count from
// 1; without a number: all stages).  Any bytes are safe.  Error "FILE:LINE: why" for whatever is wrong; keys
// of the table [run], which a run's own file has, are left to the caller.
Recipe parse_recipe(std::string_view text, const std::string& file_name,
                    const std::vector<std::string>& changes = {});

// The whole recipe as TOML; parse_recipe() makes the same of it.
std::string format_recipe(const Recipe& recipe);

// The learning rate at an iteration of the stage, from 0.
double rate_at(const Stage& stage, int64_t iteration);

// A recipe by its file, or by its name in the folders $REVERIE_RECIPES and recipes of the source tree or the
// installation.
std::filesystem::path find_recipe(const std::string& name_or_path);

}  // namespace reverie
