// The training loop.
#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <string>
#include <vector>

#include "core/error.h"
#include "data/batches.h"
#include "data/record_set.h"
#include "train/checkpoint.h"
#include "train/group.h"
#include "train/recipe.h"
#include "train/task.h"

namespace reverie {

// The settings of a run; kept in RUN/run.toml with the recipe.
struct RunSettings {
  std::filesystem::path data;  // a record set
  std::filesystem::path test;  // another one for testing; empty: data's test split
  std::string leave_out;       // the group of clips that is tested on instead; empty: the file's split
  uint64_t seed = 1;
  int threads = 0;             // per process; 0: one per core
  std::string device = "cpu";  // or "cuda"
};

// Error for "cuda" where there is none.
torch::Device device_of(const std::string& name);

// One iteration, for logs.
struct TrainingStep {
  int64_t iteration = 0;  // of the whole run, from 0
  size_t stage = 0;
  double loss = 0;  // the total of all turns, of the batch of all processes
  std::vector<std::pair<std::string, double>> parts;
  double rate = 0;
};

// What a process wishes after a step: to stop and go on later, or to end the training here.
enum class Wish { kGoOn, kStop, kEnd };

// The loss is no longer finite.
class Diverged : public Error {
 public:
  using Error::Error;
};

// The training loop's state and its single steps.  The same recipe, set, seed and number of threads give the
// same weights to the bit, whether in one go or from a checkpoint.
class Trainer {
 public:
  // start: the model whose parameters are taken first, or null.  recipe, set and group must outlive this.
  Trainer(const Recipe& recipe, const RecordSet& set, const RunSettings& settings, Group& group,
          const Model* start);
  // The same with a task that is there already.
  Trainer(const Recipe& recipe, const RecordSet& set, const RunSettings& settings, Group& group,
          std::unique_ptr<Task> task);
  Trainer(Recipe&&, const RecordSet&, const RunSettings&, Group&,
          const Model*) = delete;  // it must outlive this
  ~Trainer();
  Trainer(const Trainer&) = delete;
  Trainer& operator=(const Trainer&) = delete;

  void resume(const Checkpoint& checkpoint);
  Checkpoint checkpoint() const;

  bool done() const;
  int64_t iteration() const;
  // One solver step.  Diverged if the loss is not finite; weights and solver are then as before.  wish: of
  // this process; wished() says after the step what any process wished.
  TrainingStep step(Wish wish = Wish::kGoOn);
  Wish wished() const;

  // The pictures that the current stage sees.
  BatchOptions batch_options() const;

  // The current model; its tensors are copies.
  std::unique_ptr<Model> model() const;
  Task& task() const;

 private:
  class Work;
  std::unique_ptr<Work> work_;
};

}  // namespace reverie
