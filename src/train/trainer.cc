#include "train/trainer.h"

#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <cmath>

#include "core/error.h"
#include "core/random.h"
#include "train/input.h"
#include "train/loss.h"
#include "train/solver.h"

namespace reverie {
namespace {

// Keys of the streams of random numbers that are split from the run's seed.
enum Stream : uint64_t { kWeightStream = 1, kOrderStream, kNoiseStream };

uint64_t seed_of(uint64_t seed, Stream stream) {
  return Random(seed).split(stream).bits();
}

torch::Device device_of(const std::string& name) {
  if (name == "cpu") return torch::kCPU;
  if (!torch::cuda::is_available())
    throw Error("train on", name, "this LibTorch or this machine has no CUDA", "--device cpu");
  return torch::kCUDA;
}

// What each process holds at least: the weights with their gradient and what the solver keeps, and its part
// of the activations of the largest batch.
double least_bytes(const Recipe& recipe, int height, int width, int processes) {
  const HourglassConfig& c = recipe.hourglass;
  int batch = 1;
  for (const Stage& stage : recipe.stages) batch = std::max(batch, stage.batch);
  double weights = 0, activations = 0, below = c.channels(0);
  double samples = static_cast<double>(height) * width;
  for (const LevelConfig& level : c.levels) {
    const double above = level.channels;
    weights += below * above * (std::pow(level.encode_kernel, 2) + std::pow(level.decode_kernel, 2));
    activations += samples * (above + below);
    samples /= std::pow(level.pool_size, 2);
    below = above;
  }
  return sizeof(float) * (3 * weights + activations * batch / processes);
}

void check_memory(const Recipe& recipe, const RecordSet& set, const RunSettings& settings, int processes) {
  if (settings.device != "cpu") return;
  const auto [height, width] = set.common_size();
  const double wanted = least_bytes(recipe, height, width, processes);
  const double there =
      static_cast<double>(sysconf(_SC_PHYS_PAGES)) * static_cast<double>(sysconf(_SC_PAGE_SIZE));
  if (wanted > there)
    throw Error(
        "train", "the recipe",
        fmt::format("it takes {:.0f} GB at least and this machine has {:.0f}", wanted * 1e-9, there * 1e-9),
        "fewer channels, smaller kernels or a smaller batch");
}

HourglassNet make_net(const Recipe& recipe, const RecordSet& set, const RunSettings& settings,
                      const Group& group, const HourglassModel* start) {
  check_memory(recipe, set, settings, group.size());
  HourglassNet net(recipe.hourglass, device_of(settings.device));
  net.initialise(recipe.init, recipe.init_std, seed_of(settings.seed, kWeightStream));
  if (start && take_levels(net, start->net) == 0)
    throw Error("start from", recipe.start, "its first level has other shapes than the recipe's");
  return net;
}

}  // namespace

class Trainer::Work {
 public:
  Work(const Recipe& recipe, const RecordSet& set, const RunSettings& settings, Group& group,
       const HourglassModel* start)
      : recipe_(recipe),
        set_(set),
        settings_(settings),
        group_(group),
        net_(make_net(recipe, set, settings, group, start)),
        transform_(make_transform(recipe.input, set)) {
    const auto [height, width] = set.common_size();
    const int factor = recipe.hourglass.shrink(recipe.hourglass.count());
    if (height % factor != 0 || width % factor != 0)
      throw Error(
          "train on", set.name(),
          fmt::format("its pictures are {}x{}, the recipe needs multiples of {}", width, height, factor));
    for (const Stage& stage : recipe.stages) {
      if (stage.batch % group.size() != 0)
        throw Error("share out", fmt::format("batches of {}", stage.batch),
                    fmt::format("{} processes cannot have equal parts", group.size()));
    }
    enter_stage(0);
  }

  bool done() const { return stage_ >= recipe_.stages.size(); }
  int64_t iteration() const { return iteration_; }
  bool wanted_stop() const { return wanted_stop_; }

  void resume(const Checkpoint& c) {
    if (c.seed != settings_.seed || c.weights.size(0) != net_.flat().size(0) ||
        c.stage > static_cast<int64_t>(recipe_.stages.size()))
      throw Error("resume", "the run", "its checkpoint is of another recipe or seed");
    enter_stage(static_cast<size_t>(c.stage), c.in_stage);
    iteration_ = c.iteration;
    torch::NoGradGuard no_grad;
    net_.flat().copy_(c.weights);
    if (!solver_) return;
    if (c.solver.size() != solver_->state().size())
      throw Error("resume", "the run", "its checkpoint is of another solver");
    for (size_t i = 0; i < c.solver.size(); ++i) solver_->state()[i].copy_(c.solver[i]);
  }

  Checkpoint checkpoint() const {
    Checkpoint c;
    c.seed = settings_.seed;
    c.stage = static_cast<int64_t>(stage_);
    c.iteration = iteration_;
    c.in_stage = in_stage_;
    c.weights = net_.flat().detach().clone();
    if (solver_) {
      for (const torch::Tensor& t : solver_->state()) c.solver.push_back(t.clone());
    }
    return c;
  }

  StepReport step(bool stop) {
    const Stage& stage = recipe_.stages[stage_];
    const Batch batch = batches_->next();
    const torch::Device device = net_.flat().device();
    const torch::Tensor target =
        apply(transform_, as_tensor(batch, batches_->height(), batches_->width()).to(device));
    const torch::Tensor input = corrupt(target, recipe_.input, seed_of(settings_.seed, kNoiseStream),
                                        iteration_, slot_begin(stage), stage.batch);
    const LossParts parts = losses(net_, stage, input, target, stage.batch);
    torch::Tensor gradient = torch::autograd::grad({parts.total}, {net_.flat()})[0];
    StepReport report = share(parts, gradient, stop);
    report.iteration = iteration_;
    report.stage = stage_;
    report.rate = rate_at(stage, in_stage_);
    if (!std::isfinite(report.loss))
      throw Error("go on", fmt::format("training at iteration {}", iteration_),
                  "the loss is no longer a finite number", "a smaller rate");
    solver_->step(net_.flat(), gradient, in_stage_);
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

  HourglassModel model() const {
    HourglassModel m{HourglassNet(recipe_.hourglass), transform_};
    torch::NoGradGuard no_grad;
    m.net.flat().copy_(net_.flat());
    return m;
  }

 private:
  int slot_begin(const Stage& stage) const { return stage.batch / group_.size() * group_.rank(); }

  void enter_stage(size_t stage, int64_t in_stage = 0) {
    stage_ = stage;
    in_stage_ = in_stage;
    solver_.reset();
    batches_.reset();
    if (done()) return;
    solver_ = std::make_unique<Solver>(recipe_.stages[stage], net_);
    batches_ = std::make_unique<Batches>(set_, Split::kTrain, batch_options());
  }

  // Gradient, losses and the wish to stop, summed over all processes in one go.
  StepReport share(const LossParts& parts, torch::Tensor& gradient, bool stop) {
    std::vector<torch::Tensor> numbers = {parts.total.detach()};
    for (const torch::Tensor& e : parts.errors)
      numbers.push_back(e.defined() ? e.detach() : torch::zeros({}, gradient.options()));
    numbers.push_back(torch::full({}, stop ? 1.0 : 0.0, gradient.options()));
    torch::Tensor tail = torch::stack(numbers);
    if (group_.size() > 1) {
      torch::Tensor all = torch::cat({gradient, tail});
      group_.sum(all);
      tail = all.narrow(0, gradient.size(0), tail.size(0));
      gradient = all.narrow(0, 0, gradient.size(0));
    }
    tail = tail.to(torch::kCPU).contiguous();
    const auto* v = tail.data_ptr<float>();
    StepReport report;
    report.loss = v[0];
    report.errors.assign(v + 1, v + tail.size(0) - 1);
    wanted_stop_ = v[tail.size(0) - 1] > 0;
    return report;
  }

  const Recipe& recipe_;
  const RecordSet& set_;
  RunSettings settings_;
  Group& group_;
  HourglassNet net_;
  InputTransform transform_;
  size_t stage_ = 0;
  int64_t iteration_ = 0, in_stage_ = 0;
  bool wanted_stop_ = false;
  std::unique_ptr<Solver> solver_;
  std::unique_ptr<Batches> batches_;
};

Trainer::Trainer(const Recipe& recipe, const RecordSet& set, const RunSettings& settings, Group& group,
                 const HourglassModel* start)
    : work_(std::make_unique<Work>(recipe, set, settings, group, start)) {}
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
StepReport Trainer::step(bool stop) {
  return work_->step(stop);
}
bool Trainer::wanted_stop() const {
  return work_->wanted_stop();
}
BatchOptions Trainer::batch_options() const {
  return work_->batch_options();
}
HourglassModel Trainer::model() const {
  return work_->model();
}

}  // namespace reverie
