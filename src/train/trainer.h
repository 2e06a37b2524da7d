// The training loop.
#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <string>
#include <vector>

#include "data/batches.h"
#include "data/record_set.h"
#include "train/checkpoint.h"
#include "train/group.h"
#include "train/recipe.h"
#include "train/task.h"

namespace reverie {

// What a run is made from; kept in RUN/run.toml beside the recipe.
struct RunSettings {
  std::filesystem::path data;  // a record set
  std::filesystem::path test;  // another one to test on; empty: data's test split
  uint64_t seed = 1;
  int threads = 0;             // of each process; 0: one per core
  std::string device = "cpu";  // or "cuda"
};

// One iteration, for logs.
struct TrainingStep {
  int64_t iteration = 0;  // of the whole run, from 0
  size_t stage = 0;
  double loss = 0;  // the total of all turns, of the batch of all processes
  std::vector<std::pair<std::string, double>> parts;
  double rate = 0;
};

// The state of a training: where it begins, one step, where it stands.  The same recipe, set, seed and number
// of threads give the same weights to the bit, whether in one go or from a checkpoint.
class Trainer {
 public:
  // start: the model whose parameters are taken first, or null.  recipe, set and group must outlive this.
  Trainer(const Recipe& recipe, const RecordSet& set, const RunSettings& settings, Group& group,
          const Model* start);
  // The same with a task that is there already.
  Trainer(const Recipe& recipe, const RecordSet& set, const RunSettings& settings, Group& group,
          std::unique_ptr<Task> task);
  ~Trainer();
  Trainer(const Trainer&) = delete;
  Trainer& operator=(const Trainer&) = delete;

  void resume(const Checkpoint& checkpoint);
  Checkpoint checkpoint() const;

  bool done() const;
  int64_t iteration() const;
  // One step of the solver.  Error when the loss is not finite; weights and solver are then as before it.
  // stop: this process wants to stop; wanted_stop() says after the step whether any of them does.
  TrainingStep step(bool stop);
  bool wanted_stop() const;

  // Which pictures the current stage sees.
  BatchOptions batch_options() const;

  // The model as it stands; its tensors are copies.
  std::unique_ptr<Model> model() const;
  Task& task() const;

 private:
  class Work;
  std::unique_ptr<Work> work_;
};

}  // namespace reverie
