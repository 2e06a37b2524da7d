#include "train/trainer.h"

#include <fmt/format.h>
#include <torch/cuda.h>

#include <algorithm>
#include <array>
#include <cmath>

#include "core/error.h"
#include "core/memory.h"
#include "core/random.h"
#include "data/tfrecord.h"
#include "train/input.h"
#include "train/solver.h"

namespace reverie {
namespace {

// Keys of the random streams split off the run's seed.
enum Stream : uint64_t { kWeightStream = 1, kOrderStream, kNoiseStream };

// Wishes as numbers that are summed over processes: the last is more than all of them stopping.
constexpr std::array<float, 3> kWishes = {0, 1, 1 << 16};

uint64_t seed_of(uint64_t seed, Stream stream) {
  return Random(seed).split(stream).bits();
}

// The minimum memory per process: the weights, their gradient and the solver's state, and its share of the
// activations of the largest batch.
double least_bytes(const Recipe& recipe, int height, int width, int processes) {
  int batch = 1;
  for (const Stage& stage : recipe.stages) batch = std::max(batch, stage.batch);
  double numbers = 0;
  for (const auto& [family, network] : recipe.networks)
    numbers += 3 * network->weights() + network->activations(height, width) * batch / processes;
  return sizeof(float) * numbers;
}

void check_memory(const Recipe& recipe, const RecordSet& set, const RunSettings& settings, int processes) {
  if (settings.device != "cpu") return;
  const auto [height, width] = set.common_size();
  const double wanted = least_bytes(recipe, height, width, processes);
  const double there = memory_bytes();
  if (there > 0 && wanted > there)
    throw Error(
        "train", "the recipe",
        fmt::format("it needs at least {:.0f} GB, but this machine has {:.0f}", wanted * 1e-9, there * 1e-9),
        "fewer channels, smaller kernels or a smaller batch");
}

std::unique_ptr<Task> make_task(const Recipe& recipe, const RecordSet& set, const RunSettings& settings,
                                const Group& group, const Model* start) {
  check_memory(recipe, set, settings, group.size());
  BuildOptions options;
  options.device = device_of(settings.device);
  options.input = make_transform(recipe.input, set);
  const auto [height, width] = set.common_size();
  options.frames = set.common_frames();
  options.height = height / options.frames;
  options.width = width;
  options.side = std::min(options.height, width);
  options.labels = set.labels();
  options.seed = seed_of(settings.seed, kWeightStream);
  const TaskKind& kind = task_kind(recipe.family());
  if (kind.clips != (options.frames > 1))
    throw Error(
        "train on", set.name(),
        fmt::format("it holds {}, and the family {} learns from {}", kind.clips ? "pictures" : "clips",
                    kind.family, kind.clips ? "clips" : "pictures"),
        kind.clips ? "reverie data import FOLDER --clips FRAMES" : "");
  std::unique_ptr<Task> task = kind.make(recipe, options);
  if (start) task->take(*start, recipe.start);
  return task;
}

// Tells a set's training pictures from others, wherever its file lies.
std::string describe(const RecordSet& set) {
  const auto [height, width] = set.common_size();
  const size_t count = set.size(Split::kTrain);
  std::vector<uint8_t> sums;
  for (size_t i = 0; i < count; ++i) {
    const Record record = set.record(Split::kTrain, i);
    for (const uint32_t number : {crc32c(record.pixels), static_cast<uint32_t>(record.label)}) {
      for (unsigned shift = 0; shift < 32; shift += 8) sums.push_back(static_cast<uint8_t>(number >> shift));
    }
  }
  return fmt::format("{} training pictures of {}x{}, {} labels, CRC {:08x}", count, width, height,
                     set.labels().size(), crc32c(sums));
}

[[noreturn]] void refuse_to_resume(const std::string& why) {
  throw Error("resume", "the run", why,
              "undo that, or begin a new run from its weights: start = \"RUN\" in the recipe");
}

// What a training cannot change on its way, compared with what the checkpoint was made by.
void check_made_by(const Checkpoint& c, const Recipe& recipe, const RunSettings& settings,
                   const std::string& data) {
  if (c.seed != settings.seed)
    refuse_to_resume(fmt::format("seed is {}, but its checkpoint was made with {}", settings.seed, c.seed));
  if (!c.data.empty() && c.data != data)
    refuse_to_resume(fmt::format("data has {}, but its checkpoint was made with {}", data, c.data));
  if (c.recipe.empty()) return;
  // read and written again: another version may write other keys
  if (const auto d = find_difference(parse_recipe(c.recipe, "the checkpoint's recipe"), recipe)) {
    const auto shown = [](const std::string& value) { return value.empty() ? "not there" : value; };
    refuse_to_resume(fmt::format("{} is {}, but its checkpoint was made with {}", d->key, shown(d->now),
                                 d->before.empty() ? "none" : d->before));
  }
}

// Stages that are over keep their length, and the current one cannot be shorter than what is done of it.
void check_place(const Checkpoint& c, const Recipe& recipe) {
  const auto stages = static_cast<int64_t>(recipe.stages.size());
  int64_t done = c.in_stage;
  for (int64_t s = 0; s < std::min(c.stage, stages); ++s)
    done += recipe.stages[static_cast<size_t>(s)].iterations;
  const bool over = c.stage < stages && c.in_stage >= recipe.stages[static_cast<size_t>(c.stage)].iterations;
  if (c.stage > stages || done != c.iteration || over)
    refuse_to_resume(
        fmt::format("iterations do not fit its checkpoint, which is {} into stage {}, after {} in all",
                    c.in_stage, c.stage + 1, c.iteration));
}

// The gradients as they are used: cut to the stage's largest norm, over all of a turn's networks.
void clip(std::vector<torch::Tensor>& gradients, double most) {
  if (most <= 0) return;
  double squares = 0;
  for (const torch::Tensor& g : gradients) squares += g.square().sum().item<double>();
  const double norm = std::sqrt(squares);
  if (!(norm > most)) return;
  for (torch::Tensor& g : gradients) g = g * (most / norm);
}

}  // namespace

torch::Device device_of(const std::string& name) {
  if (name == "cpu") return torch::kCPU;
  if (!torch::cuda::is_available())
    throw Error("train on", name, "this LibTorch or this machine has no CUDA", "--device cpu");
  return torch::kCUDA;
}

class Trainer::Work {
 public:
  Work(const Recipe& recipe, const RecordSet& set, const RunSettings& settings, Group& group,
       std::unique_ptr<Task> task)
      : recipe_(recipe),
        set_(set),
        settings_(settings),
        group_(group),
        task_(std::move(task)),
        text_(format_recipe(recipe)),
        data_(describe(set)) {
    const auto [height, width] = set.common_size();
    const int64_t factor = task_->multiple();
    if (height % factor != 0 || width % factor != 0)
      throw Error(
          "train on", set.name(),
          fmt::format("its pictures are {}x{}, but the recipe needs multiples of {}", width, height, factor));
    for (const Stage& stage : recipe.stages) {
      if (stage.batch % group.size() != 0)
        throw Error("divide", fmt::format("batches of {}", stage.batch),
                    fmt::format("{} processes cannot have equal shares", group.size()));
    }
    enter_stage(0);
  }

  bool done() const { return stage_ >= recipe_.stages.size(); }
  int64_t iteration() const { return iteration_; }
  Wish wished() const { return wished_; }
  Task& task() const { return *task_; }

  void resume(const Checkpoint& c) {
    check_made_by(c, recipe_, settings_, data_);
    check_place(c, recipe_);
    const std::vector<TaskNetwork> networks = task_->networks();
    bool fits = c.weights.size() == networks.size();
    for (size_t i = 0; fits && i < networks.size(); ++i) {
      fits = c.weights[i].numel() == networks[i].parameters->flat().numel() &&
             c.buffers[i].numel() == networks[i].parameters->buffers().numel();
    }
    if (!fits) throw Error("resume", "the run", "its checkpoint is of another recipe");
    enter_stage(static_cast<size_t>(c.stage), c.in_stage);
    iteration_ = c.iteration;
    torch::NoGradGuard no_grad;
    for (size_t i = 0; i < networks.size(); ++i) {
      networks[i].parameters->flat().copy_(c.weights[i]);
      networks[i].parameters->buffers().copy_(c.buffers[i]);
    }
    if (done()) return;
    std::vector<torch::Tensor> states = solver_states();
    if (c.solver.size() != states.size())
      throw Error("resume", "the run", "its checkpoint has another solver");
    for (size_t i = 0; i < states.size(); ++i) states[i].copy_(c.solver[i]);
  }

  Checkpoint checkpoint() const {
    Checkpoint c;
    c.seed = settings_.seed;
    c.stage = static_cast<int64_t>(stage_);
    c.iteration = iteration_;
    c.in_stage = in_stage_;
    c.recipe = text_;
    c.data = data_;
    for (const TaskNetwork& network : task_->networks()) {
      c.weights.push_back(network.parameters->flat().detach().clone());
      c.buffers.push_back(network.parameters->buffers().clone());
    }
    for (const torch::Tensor& state : solver_states()) c.solver.push_back(state.clone());
    return c;
  }

  TrainingStep step(Wish wish) {
    const Stage& stage = recipe_.stages[stage_];
    const Batch batch = batches_->next();
    Sight sight;
    const torch::Device device = task_->networks()[0].parameters->flat().device();
    sight.pictures = as_tensor(batch, batches_->height(), batches_->width()).to(device);
    sight.labels = labels_of(batch).to(device);
    sight.first = slot_begin(stage);
    sight.count = stage.batch;
    sight.iteration = iteration_;
    sight.seed = seed_of(settings_.seed, kNoiseStream);
    TrainingStep report;
    report.iteration = iteration_;
    report.stage = stage_;
    report.rate = rate_at(stage, in_stage_);
    wished_ = Wish::kGoOn;
    // what a turn that fails must not have changed: buffers, and what earlier turns did
    const Checkpoint before = turns_.size() > 1 ? checkpoint() : buffers_only();
    for (Player& turn : turns_) {
      if (!take_turn(turn, sight, stage, wish, report)) {
        restore(before);
        throw Diverged("go on", fmt::format("training at iteration {}", iteration_),
                       "the loss is no longer finite", "a smaller rate");
      }
    }
    ++iteration_;
    if (++in_stage_ == stage.iterations) enter_stage(stage_ + 1);
    return report;
  }

  BatchOptions batch_options() const {
    const Stage& stage = recipe_.stages[stage_];
    BatchOptions options;
    options.batch_size = stage.batch;
    options.seed = Random(seed_of(settings_.seed, kOrderStream)).split(stage_).bits();
    options.augmentation = {recipe_.input.flip, recipe_.input.shift, recipe_.input.noise};
    options.first_batch = static_cast<uint64_t>(in_stage_);
    options.slot_begin = slot_begin(stage);
    options.slot_end = options.slot_begin + stage.batch / group_.size();
    return options;
  }

 private:
  // A turn with a solver for each of its networks.
  struct Player {
    Turn turn;
    std::vector<Solver> solvers;
  };

  int slot_begin(const Stage& stage) const { return stage.batch / group_.size() * group_.rank(); }

  void enter_stage(size_t stage, int64_t in_stage = 0) {
    stage_ = stage;
    in_stage_ = in_stage;
    turns_.clear();
    batches_.reset();
    if (done()) return;
    const std::vector<TaskNetwork> networks = task_->networks();
    const std::vector<std::string> frozen = task_->frozen(recipe_.stages[stage]);
    for (const Turn& turn : task_->turns()) {
      Player player{turn, {}};
      for (const size_t n : turn.networks) {
        const std::string prefix = networks[n].name.empty() ? "" : networks[n].name + ".";
        player.solvers.emplace_back(recipe_.stages[stage], *networks[n].parameters, prefix, frozen);
      }
      turns_.push_back(std::move(player));
    }
    batches_ = std::make_unique<Batches>(set_, Split::kTrain, batch_options());
  }

  // False, with nothing learned, where the loss is not finite.
  bool take_turn(Player& player, const Sight& sight, const Stage& stage, Wish wish, TrainingStep& report) {
    const std::vector<TaskNetwork> networks = task_->networks();
    const Losses losses = task_->losses(sight, stage, player.turn);
    std::vector<torch::Tensor> flats;
    for (const size_t n : player.turn.networks) flats.push_back(networks[n].parameters->flat());
    std::vector<torch::Tensor> gradients = torch::autograd::grad({losses.total}, flats);
    const double loss = share(losses, player.turn, gradients, wish, report);
    if (!std::isfinite(loss)) return false;
    report.loss += loss;
    clip(gradients, stage.clip);
    for (size_t i = 0; i < gradients.size(); ++i)
      player.solvers[i].step(networks[player.turn.networks[i]].parameters->flat(), gradients[i], in_stage_);
    return true;
  }

  // Gradients, losses and wishes, summed over all processes in one go, and buffers, of which each
  // then has the mean.
  double share(const Losses& losses, const Turn& turn, std::vector<torch::Tensor>& gradients, Wish wish,
               TrainingStep& report) {
    std::vector<torch::Tensor> numbers = {losses.total.detach()};
    for (const NamedLoss& part : losses.parts)
      numbers.push_back(part.value.defined() ? part.value.detach()
                                             : torch::zeros({}, gradients[0].options()));
    numbers.push_back(torch::full({}, kWishes[static_cast<size_t>(wish)], gradients[0].options()));
    torch::Tensor tail = torch::stack(numbers);
    if (group_.size() > 1) {
      std::vector<torch::Tensor> parts = gradients;
      parts.push_back(tail);
      const std::vector<TaskNetwork> networks = task_->networks();
      for (const size_t n : turn.networks) parts.push_back(networks[n].parameters->buffers());
      torch::Tensor all = torch::cat(parts);
      group_.sum(all);
      int64_t at = 0;
      const auto next = [&](const torch::Tensor& like) {
        at += like.size(0);
        return all.narrow(0, at - like.size(0), like.size(0));
      };
      for (torch::Tensor& g : gradients) g = next(g);
      tail = next(tail);
      for (const size_t n : turn.networks) {
        torch::Tensor& buffers = networks[n].parameters->buffers();
        if (buffers.size(0) > 0) buffers.copy_(next(buffers) / group_.size());
      }
    }
    tail = tail.to(torch::kCPU).contiguous();
    const auto* v = tail.data_ptr<float>();
    for (size_t i = 0; i < losses.parts.size(); ++i)
      report.parts.emplace_back(losses.parts[i].name, v[i + 1]);
    const float sum = v[tail.size(0) - 1];
    wished_ = std::max(wished_, sum >= kWishes[2] ? Wish::kEnd : sum > 0 ? Wish::kStop : Wish::kGoOn);
    return v[0];
  }

  // Handles of the tensors: writing to them in place writes to the solvers.
  std::vector<torch::Tensor> solver_states() const {
    std::vector<torch::Tensor> all;
    for (const Player& player : turns_) {
      for (const Solver& solver : player.solvers)
        all.insert(all.end(), solver.state().begin(), solver.state().end());
    }
    return all;
  }

  Checkpoint buffers_only() const {
    Checkpoint c;
    for (const TaskNetwork& network : task_->networks())
      c.buffers.push_back(network.parameters->buffers().clone());
    return c;
  }

  void restore(const Checkpoint& c) {
    torch::NoGradGuard no_grad;
    const std::vector<TaskNetwork> networks = task_->networks();
    for (size_t i = 0; i < networks.size(); ++i) {
      networks[i].parameters->buffers().copy_(c.buffers[i]);
      if (!c.weights.empty()) networks[i].parameters->flat().copy_(c.weights[i]);
    }
    std::vector<torch::Tensor> states = solver_states();
    for (size_t i = 0; i < c.solver.size(); ++i) states[i].copy_(c.solver[i]);
  }

  const Recipe& recipe_;
  const RecordSet& set_;
  RunSettings settings_;
  Group& group_;
  std::unique_ptr<Task> task_;
  std::string text_, data_;  // what checkpoints say that they were made by
  size_t stage_ = 0;
  int64_t iteration_ = 0, in_stage_ = 0;
  Wish wished_ = Wish::kGoOn;
  std::vector<Player> turns_;
  std::unique_ptr<Batches> batches_;
};

Trainer::Trainer(const Recipe& recipe, const RecordSet& set, const RunSettings& settings, Group& group,
                 const Model* start)
    : Trainer(recipe, set, settings, group, make_task(recipe, set, settings, group, start)) {}
Trainer::Trainer(const Recipe& recipe, const RecordSet& set, const RunSettings& settings, Group& group,
                 std::unique_ptr<Task> task)
    : work_(std::make_unique<Work>(recipe, set, settings, group, std::move(task))) {}
Trainer::~Trainer() = default;
void Trainer::resume(const Checkpoint& checkpoint) {
  work_->resume(checkpoint);
}
Checkpoint Trainer::checkpoint() const {
  return work_->checkpoint();
}
bool Trainer::done() const {
  return work_->done();
}
int64_t Trainer::iteration() const {
  return work_->iteration();
}
TrainingStep Trainer::step(Wish wish) {
  return work_->step(wish);
}
Wish Trainer::wished() const {
  return work_->wished();
}
BatchOptions Trainer::batch_options() const {
  return work_->batch_options();
}
std::unique_ptr<Model> Trainer::model() const {
  return work_->task().model();
}
Task& Trainer::task() const {
  return work_->task();
}

}  // namespace reverie
