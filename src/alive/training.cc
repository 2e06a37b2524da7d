#include "alive/training.h"

#include <fmt/format.h>

#include <cmath>

#include "alive/settings.h"
#include "alive/twin.h"
#include "alive/wanted_motion.h"
#include "control/modulation.h"
#include "core/error.h"
#include "core/stop.h"
#include "feedback/kernels/kernel.h"
#include "models/model.h"
#include "models/parameters.h"
#include "train/solver.h"
#include "train/trainer.h"

namespace reverie {
namespace {

// Random streams, split off the seed.
enum StreamKey : uint64_t { kStartStream = kWeightsStream + 1, kStepStream, kMotionStream };
// ... and off that of a step.
enum StepKey : uint64_t { kChoiceKey, kNoiseKey, kLooksKey, kFreshKey, kDamageKey };

constexpr double kFramesPerSecond = 30;  // for what modulates the preset
constexpr int kLatestStart = 3000;       // frames
constexpr double kGrowth = 0.2;          // share of the iterations until all frames are unrolled
constexpr int kChangeFrames = 4;         // pairs of frames whose change is measured
constexpr int kMotionGap = 4;            // frames between which motion is measured
constexpr double kFlickerFree = 0.9;     // ratio of the second to the first difference; noise has 1.7
constexpr double kSteady = 4;            // one in so many hierarchies is never started over

size_t z(int64_t i) {
  return static_cast<size_t>(i);
}

// Convolved with a box of `side`: [.., k, k] -> [.., k + side - 1, k + side - 1].
torch::Tensor boxed(const torch::Tensor& w, int64_t side) {
  const torch::Tensor wide = at::constant_pad_nd(w, {side - 1, side - 1, side - 1, side - 1});
  const int64_t k = w.size(3) + side - 1;
  torch::Tensor sum;
  for (int64_t y = 0; y < side; ++y) {
    for (int64_t x = 0; x < side; ++x) {
      const torch::Tensor part = wide.narrow(2, y, k).narrow(3, x, k);
      sum = sum.defined() ? sum + part : part;
    }
  }
  return sum;
}

Layout layout_of(const Hourglass& glass) {
  Layout layout;
  for (int l = 0; l < glass.levels(); ++l) {
    const Layer& layer = glass.layers[z(l)];
    const int64_t k = layer.encode_kernel;
    const int64_t raw = layer.decode_kernel - layer.pool_size + 1;
    layout.add(fmt::format("encode{}.weight", l + 1), {layer.upper, layer.lower, k, k});
    layout.add(fmt::format("encode{}.bias", l + 1), {layer.upper});
    layout.add(fmt::format("decode{}.weight", l + 1), {layer.upper, layer.lower, raw, raw});
    layout.add(fmt::format("decode{}.bias", l + 1), {layer.lower});
  }
  for (const char* share : {"self", "encode", "decode"})
    layout.add(fmt::format("mix.{}", share), {glass.levels() + 1});
  return layout;
}

LevelSizes square_sizes(const Hourglass& glass, int size) {
  const LevelSizes sizes = level_sizes(glass, size, size);
  if (sizes.height[0] != size)
    throw Error("train on", fmt::format("{0}x{0} pixels", size),
                fmt::format("the sides must be multiples of {}", sizes.shrink.back()));
  return sizes;
}

const Preset& trainable(const Preset& preset) {
  if (preset.effect == "feedback" && preset.input != InputNeed::kRequired) return preset;
  throw Error("train", preset.name, "it is not a feedback process that runs without an input");
}

// Streams of the members of a batch at one frame.
std::vector<Random> streams_of(const Random& draws, int64_t count, int64_t frame) {
  std::vector<Random> out;
  for (int64_t n = 0; n < count; ++n) out.push_back(draws.split(z(n)).split(z(frame)));
  return out;
}

// Where a quarter of one hierarchy, at another place each time and over all levels, becomes noise.
void damage(TwinState& state, int64_t n, const LevelSizes& sizes, Random draws) {
  const double top = draws.uniform();
  const double left = draws.uniform();
  for (size_t l = 0; l < state.h.size(); ++l) {
    torch::Tensor h = state.h[l][n];
    const int64_t height = sizes.height[l];
    const int64_t width = sizes.width[l];
    const torch::Tensor noise =
        drawn_noise({draws.split(l)}, static_cast<int>(h.size(0)), sizes.height[l], sizes.width[l])[0];
    const std::vector<int64_t> rows = {1, 2};
    const auto y = static_cast<int64_t>(top * static_cast<double>(height));
    const auto x = static_cast<int64_t>(left * static_cast<double>(width));
    torch::Tensor rolled = at::roll(h, {-y, -x}, rows).contiguous();
    const auto quarter = [&](torch::Tensor& t) {
      return t.narrow(1, 0, (height + 1) / 2).narrow(2, 0, (width + 1) / 2);
    };
    torch::Tensor fresh = noise.to(h.device());
    quarter(rolled).copy_(quarter(fresh));
    state.h[l][n].copy_(at::roll(rolled, {y, x}, rows));
  }
}

}  // namespace

class AliveTraining::Work {
 public:
  explicit Work(AliveSetup setup)
      : setup_(std::move(setup)),
        s_(setup_.settings),
        values_(trainable(setup_.preset).values),
        glass_(make_hourglass(values_, Random(setup_.seed).split(kWeightsStream),
                              [this](const std::string& name) { return find_asset(setup_.preset, name); })),
        device_(device_of(setup_.device)),
        twin_(glass_, square_sizes(glass_, s_.integer("size")), device_),
        resolver_(twin_.sizes()),
        automation_(setup_.preset, Random(setup_.seed).split(kMotionStream).bits(), nullptr),
        parameters_(layout_of(glass_), {}, device_),
        looks_({s_.text("network"), s_.text("layers"), s_.integer("style_size"), s_.integer("scales"),
                s_.integer("projections"), s_.number("raw")},
               setup_.style, device_),
        threads_(1),
        solver_(stage(), parameters_) {
    twin_.check(resolver_.resolve(values_));
    begin_weights();
    const Random starts = Random(setup_.seed).split(kStartStream);
    std::vector<Random> streams;
    for (int n = 0; n < s_.integer("pool"); ++n) streams.push_back(starts.split(z(n)));
    pool_ = twin_.start(values_, streams);
  }

  bool done() const { return iteration_ >= s_.integer("iterations"); }
  int64_t iteration() const { return iteration_; }

  AliveStep step() {
    const Random draws = Random(setup_.seed).split(kStepStream).split(z(iteration_));
    Random choice = draws.split(kChoiceKey);
    const double growth =
        std::min(1.0, static_cast<double>(iteration_ + 1) / (kGrowth * s_.integer("iterations")));
    const int least = s_.integer("steps_least");
    const double most = least + std::max(0, s_.integer("steps_most") - least) * growth;
    AliveStep report;
    report.iteration = iteration_;
    report.frames = least + static_cast<int>(choice.uniform() * (most - least + 1));
    const int free = static_cast<int>(choice.uniform() * (s_.integer("free") * growth + 1));
    int64_t frame = static_cast<int64_t>(choice.uniform() * kLatestStart);
    const std::vector<int64_t> members = choose(choice);
    TwinState state = taken(members, draws, choice);
    {
      const torch::NoGradGuard no_grad;
      const TwinWeights constant = weights_of(parameters_.cut_constant());
      for (int f = 0; f < free; ++f) state = next(state, constant, draws, frame++, nullptr);
    }
    const TwinWeights learned = weights_of(parameters_.cut());
    std::vector<torch::Tensor> pictures = {state.h[0]};
    torch::Tensor beyond;
    for (int f = 0; f < report.frames; ++f) {
      torch::Tensor more;
      state = next(state, learned, draws, frame++, &more);
      beyond = beyond.defined() ? beyond + more : more;
      pictures.push_back(state.h[0]);
    }
    learn(losses(pictures, beyond / report.frames, draws, report), report);
    put_back(members, state);
    ++iteration_;
    return report;
  }

  TensorFile checkpoint() const {
    TensorFile file;
    file.tensors["weights"] = to_plain(parameters_.flat());
    for (size_t i = 0; i < solver_.state().size(); ++i)
      file.tensors[fmt::format("solver.{}", i)] = to_plain(solver_.state()[i]);
    for (size_t l = 0; l < pool_.h.size(); ++l) {
      file.tensors[fmt::format("pool.{}", l)] = to_plain(pool_.h[l]);
      file.tensors[fmt::format("gain.{}", l)] = to_plain(pool_.home_gain[l]);
    }
    file.metadata = {{"iteration", std::to_string(iteration_)}, {"seed", std::to_string(setup_.seed)}};
    return file;
  }

  void resume(const TensorFile& file) {
    const torch::NoGradGuard no_grad;
    const auto take = [&](const std::string& name, torch::Tensor& to) {
      to.copy_(from_plain(file.get(name, to.sizes().vec())));
    };
    take("weights", parameters_.flat());
    for (size_t i = 0; i < solver_.state().size(); ++i) take(fmt::format("solver.{}", i), solver_.state()[i]);
    for (size_t l = 0; l < pool_.h.size(); ++l) {
      take(fmt::format("pool.{}", l), pool_.h[l]);
      take(fmt::format("gain.{}", l), pool_.home_gain[l]);
    }
    const auto it = file.metadata.find("iteration");
    if (it == file.metadata.end()) throw Error("resume from", file.name, "it does not say its iteration");
    iteration_ = std::strtoll(it->second.c_str(), nullptr, 10);
  }

  TensorFile weights() const {
    const TwinWeights w = weights_of(parameters_.cut_constant());
    TensorFile file;
    HourglassWords words;
    for (size_t l = 0; l < w.layers.size(); ++l) {
      file.tensors[fmt::format("encode{}.weight", l + 1)] = to_plain(w.layers[l].encode_weight);
      file.tensors[fmt::format("encode{}.bias", l + 1)] = to_plain(w.layers[l].encode_bias);
      file.tensors[fmt::format("decode{}.weight", l + 1)] = to_plain(w.layers[l].decode_weight);
      file.tensors[fmt::format("decode{}.bias", l + 1)] = to_plain(w.layers[l].decode_bias);
      words.pool_size.push_back(std::to_string(glass_.layers[l].pool_size));
    }
    // pooling and activation are the preset's; what is not said is taken from there
    file.metadata = {{"family", "hourglass"},
                     {"pool_size", fmt::format("{}", fmt::join(words.pool_size, ","))}};
    return file;
  }

  Preset preset(const std::string& name, const std::string& file) const {
    Preset out = found_from_anywhere(setup_.preset);  // it will lie elsewhere
    out.name = name;
    out.values.set_text("weights", file);
    const TwinWeights w = weights_of(parameters_.cut_constant());
    for (const auto& [key, share] :
         {std::pair("self", &w.self), {"encode", &w.encode}, {"decode", &w.decode}}) {
      const torch::Tensor plain = share->to(torch::kFloat64).contiguous();
      std::vector<double> list;
      for (int64_t l = 0; l < plain.numel(); ++l)
        list.push_back(std::round(plain[l].item<double>() * 1e4) / 1e4);
      out.values.set(key, list);
    }
    return out;
  }

 private:
  Stage stage() const {
    Stage stage;
    stage.solver = SolverKind::kAdam;
    stage.iterations = s_.integer("iterations");
    stage.rate = s_.number("rate");
    stage.rate_policy = RatePolicy::kCosine;
    stage.rate_multipliers = {{"mix", s_.number("mix_rate")}};
    return stage;
  }

  // The preset's own, random or of a file; decode filters so that the box brings them back to about their
  // size.
  void begin_weights() {
    const torch::NoGradGuard no_grad;
    const TwinWeights own = twin_weights(glass_, resolver_.resolve(values_));
    const std::vector<torch::Tensor> parts = parameters_.cut_slots();
    size_t i = 0;
    for (size_t l = 0; l < own.layers.size(); ++l) {
      parts[i++].copy_(own.layers[l].encode_weight);
      parts[i++].copy_(own.layers[l].encode_bias);
      const int64_t p = glass_.layers[l].pool_size;
      parts[i].copy_(
          own.layers[l].decode_weight.narrow(2, 0, parts[i].size(2)).narrow(3, 0, parts[i].size(3)) /
          static_cast<double>(p));
      ++i;
      parts[i++].copy_(own.layers[l].decode_bias);
    }
    parts[i++].copy_(own.self);
    parts[i++].copy_(own.encode);
    parts[i++].copy_(own.decode);
  }

  TwinWeights weights_of(const std::vector<torch::Tensor>& parts) const {
    TwinWeights w;
    size_t i = 0;
    for (const Layer& layer : glass_.layers) {
      w.layers.push_back({parts[i], parts[i + 1], boxed(parts[i + 2], layer.pool_size), parts[i + 3]});
      i += 4;
    }
    w.self = parts[i];
    w.encode = parts[i + 1];
    w.decode = parts[i + 2];
    return w;
  }

  TwinState next(const TwinState& state, const TwinWeights& weights, const Random& draws, int64_t frame,
                 torch::Tensor* overflow) {
    if (stop_requested()) throw Stopped();
    automation_.apply(FrameTime{frame, static_cast<double>(frame) / kFramesPerSecond}, nullptr, values_);
    const Transition& transition = resolver_.resolve(values_);
    const auto velocity = twin_.velocity(state, transition, values_, threads_);
    return twin_.step(state, weights,
                      {&transition, velocity ? &*velocity : nullptr,
                       streams_of(draws.split(kNoiseKey), state.h[0].size(0), frame)},
                      overflow);
  }

  // Different members of the pool.
  std::vector<int64_t> choose(Random& choice) const {
    const int64_t pool = pool_.h[0].size(0);
    std::vector<int64_t> all(z(pool));
    for (int64_t i = 0; i < pool; ++i) all[z(i)] = i;
    const int64_t count = std::min<int64_t>(pool, s_.integer("batch"));
    for (int64_t i = 0; i < count; ++i)
      std::swap(all[z(i)],
                all[z(i + static_cast<int64_t>(choice.uniform() * static_cast<double>(pool - i)))]);
    all.resize(z(count));
    return all;
  }

  TwinState taken(const std::vector<int64_t>& members, const Random& draws, Random& choice) const {
    const torch::NoGradGuard no_grad;
    const torch::Tensor index = torch::tensor(members).to(device_);
    TwinState state;
    for (size_t l = 0; l < pool_.h.size(); ++l) {
      state.h.push_back(pool_.h[l].index_select(0, index));
      state.home_gain.push_back(pool_.home_gain[l].index_select(0, index));
    }
    for (size_t n = 0; n < members.size(); ++n) {
      const double u = choice.uniform();
      const bool steady = static_cast<double>(members[n]) < static_cast<double>(pool_.h[0].size(0)) / kSteady;
      const auto i = static_cast<int64_t>(n);
      if (u < s_.number("fresh") && !steady) {
        const TwinState fresh = twin_.start(values_, {draws.split(kFreshKey).split(n)});
        for (size_t l = 0; l < state.h.size(); ++l) {
          state.h[l][i].copy_(fresh.h[l][0]);
          state.home_gain[l][i].fill_(1);
        }
      } else if (u > 1 - s_.number("damaged")) {
        damage(state, i, twin_.sizes(), draws.split(kDamageKey).split(n));
      }
    }
    return state;
  }

  void put_back(const std::vector<int64_t>& members, const TwinState& state) {
    const torch::NoGradGuard no_grad;
    const torch::Tensor index = torch::tensor(members).to(device_);
    for (size_t l = 0; l < pool_.h.size(); ++l) {
      pool_.h[l].index_copy_(0, index, state.h[l].detach());
      pool_.home_gain[l].index_copy_(0, index, state.home_gain[l].detach());
    }
  }

  // states: of level 0, -1..1, one frame after the other.
  torch::Tensor losses(const std::vector<torch::Tensor>& states, const torch::Tensor& beyond,
                       const Random& draws, AliveStep& report) const {
    const auto last = static_cast<int64_t>(states.size()) - 1;
    const auto sum_to_picture = [](const torch::Tensor& h) { return 0.5 + 0.5 * h; };
    const torch::Tensor looks = looks_.distance(sum_to_picture(states.back()), draws.split(kLooksKey));
    const std::vector<int64_t> means = {1, 2, 3};
    torch::Tensor change = torch::zeros({states[0].size(0)}, states[0].options());
    torch::Tensor back = torch::zeros_like(change);
    const int64_t pairs = std::min<int64_t>(kChangeFrames, last - 1);
    for (int64_t i = last - pairs + 1; i <= last; ++i) {
      const torch::Tensor d = states[z(i)] - states[z(i - 1)];
      change = change + d.abs().mean(means) * (0.5 / static_cast<double>(pairs));
      back = back + (d - (states[z(i - 1)] - states[z(i - 2)])).abs().mean(means) *
                        (0.5 / static_cast<double>(pairs));
    }
    const double low = s_.number("change_least");
    const double high = std::max(low, s_.number("change_most"));
    const torch::Tensor flicker = back / (change + 1e-3);
    const torch::Tensor outside =
        ((low - change).clamp_min(0) + (change - high).clamp_min(0)) / std::max(high, 1e-3);
    torch::Tensor loss = looks + s_.number("change_weight") * outside.mean() +
                         s_.number("smooth_weight") * (flicker - kFlickerFree).clamp_min(0).mean() +
                         s_.number("range_weight") * beyond;
    if (s_.number("motion_weight") > 0 && last >= kMotionGap) {
      const WantedMotion wanted = {s_.number("motion_x"), s_.number("motion_y"), s_.number("motion_turn")};
      loss = loss + s_.number("motion_weight") *
                        moving_otherwise(states[z(last - kMotionGap)], states.back(), kMotionGap, wanted);
    }
    report.looks = looks.item<double>();
    report.change = change.mean().item<double>();
    report.flicker = flicker.mean().item<double>();
    report.beyond = beyond.item<double>();
    return loss;
  }

  // Each parameter's gradient by its own size: through time some are a thousand times those of others.
  void learn(const torch::Tensor& loss, AliveStep& report) {
    report.loss = loss.item<double>();
    if (!std::isfinite(report.loss))
      throw Error("go on", fmt::format("training at iteration {}", iteration_),
                  "the loss is no longer finite", "--set rate=0.0005");
    torch::Tensor gradient = torch::autograd::grad({loss}, {parameters_.flat()})[0];
    for (const ParameterSlice& slice : parameters_.slices()) {
      torch::Tensor part = gradient.narrow(0, slice.begin, slice.count);
      part.div_(part.norm() + 1e-8);
    }
    solver_.step(parameters_.flat(), gradient, iteration_);
  }

  AliveSetup setup_;
  const ParameterValues& s_;
  ParameterValues values_;  // of the current frame
  Hourglass glass_;
  torch::Device device_;
  Twin twin_;
  TransitionResolver resolver_;
  Automation automation_;
  Parameters parameters_;
  Looks looks_;
  Threads threads_;
  Solver solver_;
  TwinState pool_;
  int64_t iteration_ = 0;
};

AliveTraining::AliveTraining(AliveSetup setup) : work_(std::make_unique<Work>(std::move(setup))) {}
AliveTraining::~AliveTraining() = default;
bool AliveTraining::done() const {
  return work_->done();
}
int64_t AliveTraining::iteration() const {
  return work_->iteration();
}
AliveStep AliveTraining::step() {
  return work_->step();
}
TensorFile AliveTraining::checkpoint() const {
  return work_->checkpoint();
}
void AliveTraining::resume(const TensorFile& checkpoint) {
  work_->resume(checkpoint);
}
TensorFile AliveTraining::weights() const {
  return work_->weights();
}
Preset AliveTraining::preset(const std::string& name, const std::string& file) const {
  return work_->preset(name, file);
}

}  // namespace reverie
