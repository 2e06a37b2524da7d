// Recipes: TOML files that say how to train one hourglass.
//
//   about = "one line"
//   start = "hourglass-07"       # a run beside this one, or a model file: its levels are taken first
//
//   [hourglass]                  # lists go from level 1 up, the last value holds for the levels above
//   channels = [12, 48]          # one entry per level
//   encode_kernel = [3]          # odd
//   pool_size = [2]
//   pool = ["max"]               # max, mean
//   decode_kernel = [4]          # pool_size plus an even number
//   activation = ["tanh"]        # tanh, relu, linear, sigmoid
//   output = "tanh"              # of the picture; default: level 1's activation
//   tied = false                 # decode_kernel = encode_kernel + pool_size - 1
//   init = "gaussian"            # gaussian (deviation init_std), xavier
//   init_std = 0.1
//
//   [input]
//   mean = true                  # subtract the mean picture of the training split
//   scale = 0.00390625           # and multiply
//   flip = false                 # augmentation: mirrored at random,
//   shift = 0                    # moved by up to so many pixels,
//   noise = 0                    # brightness of every sample changed by this deviation (0..255), target too
//   corrupt = 0                  # denoising: deviation of the noise put on the input only, in 0..1 of the
//   range drop = 0                     # denoising: share of the input's samples put to 0
//
//   [[stage]]                    # one after the other
//   loss = "euclidean"           # sum of squares / 2N, as Caffe counts it; or cross-entropy (scale 1/255, no
//   mean) loss_weights = [1]           # of the reconstruction of level 0, 1, ... decoded from the top solver
//   = "sgd"               # sgd, adagrad, adam batch = 100 iterations = 10000 rate = 0.001 rate_policy =
//   "constant"     # step, exponential, cosine rate_factor = 0.1            # step: at every rate_every
//   iterations; exponential: at every iteration rate_every = 10000 warm_up = 0                  # iterations
//   over which the rate rises linearly momentum = 0.9               # sgd; adam's first moment weight_decay =
//   0 top_level = 2                # the level that is decoded from; default: the highest frozen_levels = 0
//   # levels from the picture upwards that stay as they are greedy = false               # one such stage for
//   each level on its own reconstruction, lower ones frozen [stage.rate_multipliers]     # by parameter:
//   "encode1.bias" = 2
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
