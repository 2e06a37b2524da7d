// Recipes: TOML files that say how to train a model.  docs/recipes.md lists all that can stand in one.
#pragma once

#include <cstdint>
#include <filesystem>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "models/family.h"

namespace reverie {

enum class SolverKind { kSgd, kAdagrad, kAdam };
enum class RatePolicy { kConstant, kStep, kExponential, kCosine };

// kMiddle: 127.5.
enum class MeanKind { kNone, kPicture, kChannel, kMiddle };

struct InputSettings {
  MeanKind mean = MeanKind::kPicture;
  double scale = 1.0 / 256;
  bool flip = false;
  int shift = 0;
  double noise = 0, corrupt = 0, drop = 0;
};

// A task's own keys of a stage.
class StageSettings {
 public:
  virtual ~StageSettings() = default;
  virtual std::string text() const = 0;
};

struct Stage {
  SolverKind solver = SolverKind::kSgd;
  int batch = 100;
  int64_t iterations = 10000;
  double rate = 0.001;
  RatePolicy rate_policy = RatePolicy::kConstant;
  double rate_factor = 0.1;
  int64_t rate_every = 10000, warm_up = 0;
  double momentum = 0.9, weight_decay = 0;
  bool nesterov = false;
  double clip = 0;  // largest norm of a gradient; 0: any
  // Networks, layers and parameters by name (is_within()).
  std::vector<std::string> frozen;
  std::map<std::string, double> rate_multipliers;
  std::shared_ptr<const StageSettings> own;
};

// Which model a run leaves: that of its last iteration, or that of its least loss on test pictures.
enum class KeepKind { kLast, kBest };

struct Recipe {
  std::string about, start;
  KeepKind keep = KeepKind::kLast;
  int patience = 0;  // the last stage ends after so many tests in a row that were no better; 0: it does not
  // The first network's family names the task (train/task.h).
  std::vector<std::pair<std::string, std::shared_ptr<const NetworkSettings>>> networks;
  InputSettings input;
  std::vector<Stage> stages;

  const std::string& family() const { return networks.front().first; }
  const NetworkSettings& network() const { return *networks.front().second; }
  int64_t iterations() const;
};

// Reads a recipe after changes of the form "rate=0.01", "channels=[6]", "input.scale=1", "stage.2.rate=0.1"
// (stages count from 1; without a number: all stages).  Any bytes are safe.  Error "FILE:LINE: why" for
// whatever is wrong; keys of the table [run], which a run's own file has, are left to the caller.
Recipe parse_recipe(std::string_view text, const std::string& file_name,
                    const std::vector<std::string>& changes = {});

// The whole recipe as TOML; parse_recipe() gives the same recipe again.
std::string format_recipe(const Recipe& recipe);

// A key with two values, as text; empty: it is not there.
struct RecipeDifference {
  std::string key;  // "stage.2.solver"
  std::string before, now;
};
// The first difference between recipes that a training cannot change on its way.  How long and how fast it
// learns (iterations, warm_up, rate, rate_policy, rate_factor, rate_every, patience), what is kept of it
// (keep), `about` and `start` may change.
std::optional<RecipeDifference> find_difference(const Recipe& before, const Recipe& now);

// The learning rate at an iteration of the stage, from 0.
double rate_at(const Stage& stage, int64_t iteration);

// A recipe by file, or by name in $REVERIE_RECIPES or the recipes of the installation (installed_folders()).
std::filesystem::path find_recipe(const std::string& name_or_path);

}  // namespace reverie
