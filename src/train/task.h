// A task: what a training of a family is after.  The trainer does the rest.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "core/planes.h"
#include "data/record_set.h"
#include "models/family.h"
#include "models/torch.h"
#include "train/recipe.h"

namespace reverie {

// What a turn sees: this process's part of a batch.
struct Sight {
  torch::Tensor pictures;  // [N, 3, H, W], 0..255; of clips [N, T, 3, H, W]
  torch::Tensor labels;    // [N] int64; -1: none
  int64_t first = 0;       // slot of the first picture in the whole batch, over all processes
  int64_t count = 1;       // pictures in the whole batch: losses are divided by it, so that parts add up
  int64_t iteration = 0;   // of the run; with the seed and the slot the place of every draw
  uint64_t seed = 0;
  bool learning = true;  // false: test pictures, and the network as it is used
};

// Normal numbers of one thing (`stream`), of this shape for these pictures: what their slots of the batch
// draw, however many processes share it.
torch::Tensor normal_draws(const Sight& sight, uint64_t stream, std::vector<int64_t> shape);

struct NamedLoss {
  std::string name;     // in logs: "loss/NAME", "loss/test_NAME"
  torch::Tensor value;  // one number; undefined: 0
};

struct Losses {
  torch::Tensor total;  // one number; what the turn makes small
  std::vector<NamedLoss> parts;
};

// One of the networks that learn together.  Recipes name its parameters NAME.PARAMETER, without NAME where it
// is empty.
struct TaskNetwork {
  std::string name;
  Parameters* parameters = nullptr;
};

// A step is one turn or several, each of which trains some of the networks on the same batch: a generator and
// its discriminator have one each.
struct Turn {
  std::string name;
  std::vector<size_t> networks = {0};  // places in Task::networks()
};

class Task {
 public:
  virtual ~Task() = default;

  virtual std::vector<TaskNetwork> networks() = 0;
  virtual std::vector<Turn> turns() const { return {Turn{}}; }

  // The total's gradient reaches the flat parameters of the turn's networks.
  virtual Losses losses(const Sight& sight, const Stage& stage, const Turn& turn) = 0;

  // Layers, parameters and networks that the stage leaves alone.
  virtual std::vector<std::string> frozen(const Stage& stage) const { return stage.frozen; }

  // Begins from another model.  Error where nothing fits; `name` is the recipe's word for it.
  virtual void take(const Model& from, const std::string& name);

  // What is written: a copy on the processor.
  virtual std::unique_ptr<Model> model() const = 0;
  // Sides of pictures are multiples of this.
  virtual int64_t multiple() const { return 1; }
  // What the loss of this name would be if the network answered every picture with the mean picture; none
  // where that says nothing.  A training that stays above it learns nothing.
  virtual std::optional<NamedLoss> mean_loss(const Sight& sight, const Stage& stage);
  // Whether the test pictures that a run follows come from all over the split, which is often sorted by
  // label.
  virtual bool spreads_test() const { return false; }
};

// The values of `model` in a copy on the processor, which its network builds with the same options.
std::unique_ptr<Model> copy_of(const Model& model, const NetworkSettings& network, BuildOptions options);

// A result of `reverie evaluate`, printed as "NAME VALUE".
struct Figure {
  std::string name;
  double value = 0;
  int digits = 6;
};

// What there is for one family.
struct TaskKind {
  std::string family;
  std::vector<std::string> stage_keys;  // beside those of every stage
  // Reads them; gives the stages that the table stands for, mostly one.
  std::vector<Stage> (*read_stage)(const TomlReader& table, const NetworkSettings& network,
                                   const InputSettings& input, const Stage& common);
  std::unique_ptr<Task> (*make)(const Recipe& recipe, const BuildOptions& options);
  // The first `limit` pictures of the split in file order; 0: all.
  std::vector<Figure> (*evaluate)(const Model& model, const RecordSet& set, Split split, size_t limit);
  // What the training's sheets show, and their name.
  std::string sheet_name;
  Planes (*sheet)(const Model& model, const RecordSet& set, Split split, size_t limit);
  bool clips = false;  // it learns from clips, not from pictures
};

const std::vector<TaskKind>& task_kinds();
// Error where the family has none: it cannot be trained.
const TaskKind& task_kind(const std::string& family);

// The figures of a model of any family.
std::vector<Figure> figures_of(const Model& model, const RecordSet& set, Split split, size_t limit);

}  // namespace reverie
