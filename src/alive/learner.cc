#include "alive/learner.h"

#include <fmt/format.h>

#include <cmath>

#include "core/error.h"
#include "core/stop.h"
#include "feedback/kernels/kernel.h"
#include "models/model.h"
#include "train/trainer.h"

namespace reverie {
namespace {

constexpr double kFramesPerSecond = 30;  // for what modulates the preset

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

LevelSizes sizes_of(const Hourglass& glass, int height, int width) {
  const LevelSizes sizes = level_sizes(glass, height, width);
  if (sizes.height[0] != height || sizes.width[0] != width)
    throw Error("train on", fmt::format("{}x{} pixels", width, height),
                fmt::format("the sides must be multiples of {}", sizes.shrink.back()));
  return sizes;
}

// Streams of the members of a batch at one frame.
std::vector<Random> streams_of(const Random& draws, int64_t count, int64_t frame) {
  std::vector<Random> out;
  for (int64_t n = 0; n < count; ++n) out.push_back(draws.split(z(n)).split(z(frame)));
  return out;
}

const ParameterValues& trainable(const Preset& preset) {
  if (preset.effect == "feedback") return preset.values;
  throw Error("train", preset.name, "it is not a feedback process");
}

Stage stage_of(const ParameterValues& settings) {
  Stage stage;
  stage.solver = SolverKind::kAdam;
  stage.iterations = settings.integer("iterations");
  stage.rate = settings.number("rate");
  stage.rate_policy = RatePolicy::kCosine;
  stage.rate_multipliers = {{"mix", settings.number("mix_rate")}};
  return stage;
}

}  // namespace

Learner::Learner(AliveSetup setup, int height, int width)
    : setup_(std::move(setup)),
      s_(setup_.settings),
      values_(trainable(setup_.preset)),
      glass_(make_hourglass(values_, Random(setup_.seed).split(kWeightsStream),
                            [this](const std::string& name) { return find_asset(setup_.preset, name); })),
      device_(device_of(setup_.device)),
      twin_(glass_, sizes_of(glass_, height, width), device_),
      resolver_(twin_.sizes()),
      automation_(setup_.preset, Random(setup_.seed).split(kMotionStream).bits(), nullptr),
      parameters_(layout_of(glass_), {}, device_),
      threads_(1),
      solver_(stage_of(s_), parameters_) {
  twin_.check(resolver_.resolve(values_));
  begin_weights();
}

bool Learner::done() const {
  return iteration_ >= s_.integer("iterations");
}

LooksSettings Learner::looks_settings(int style_size) const {
  return {s_.text("network"),   s_.text("layers"),         style_size,
          s_.integer("scales"), s_.integer("projections"), s_.number("raw")};
}

Random Learner::step_draws() const {
  return Random(setup_.seed).split(kStepStream).split(z(iteration_));
}

TensorFile Learner::checkpoint() const {
  TensorFile file;
  file.tensors["weights"] = to_plain(parameters_.flat());
  for (size_t i = 0; i < solver_.state().size(); ++i)
    file.tensors[fmt::format("solver.{}", i)] = to_plain(solver_.state()[i]);
  file.metadata = {{"iteration", std::to_string(iteration_)}, {"seed", std::to_string(setup_.seed)}};
  return file;
}

void Learner::tame(torch::Tensor& gradient, const std::vector<ParameterSlice>& slices) const {
  for (const ParameterSlice& slice : slices) {
    torch::Tensor part = gradient.narrow(0, slice.begin, slice.count);
    part.div_(part.norm() + 1e-8);
  }
}

void Learner::take(const TensorFile& file, const std::string& name, torch::Tensor& to) {
  const torch::NoGradGuard no_grad;
  to.copy_(from_plain(file.get(name, to.sizes().vec())));
}

void Learner::resume(const TensorFile& file) {
  const torch::NoGradGuard no_grad;
  take(file, "weights", parameters_.flat());
  for (size_t i = 0; i < solver_.state().size(); ++i)
    take(file, fmt::format("solver.{}", i), solver_.state()[i]);
  const auto it = file.metadata.find("iteration");
  if (it == file.metadata.end()) throw Error("resume from", file.name, "it does not say its iteration");
  iteration_ = std::strtoll(it->second.c_str(), nullptr, 10);
}

TensorFile Learner::weights() const {
  const TwinWeights w = constant();
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

Preset Learner::preset(const std::string& name, const std::string& file) const {
  Preset out = found_from_anywhere(setup_.preset);  // it will lie elsewhere
  out.name = name;
  out.values.set_text("weights", file);
  const TwinWeights w = constant();
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

// The preset's own, random or of a file; decode filters so that the box brings them back to about their
// size.
void Learner::begin_weights() {
  const torch::NoGradGuard no_grad;
  const TwinWeights own = twin_weights(glass_, resolver_.resolve(values_));
  const std::vector<torch::Tensor> parts = parameters_.cut_slots();
  size_t i = 0;
  for (size_t l = 0; l < own.layers.size(); ++l) {
    parts[i++].copy_(own.layers[l].encode_weight);
    parts[i++].copy_(own.layers[l].encode_bias);
    const int64_t p = glass_.layers[l].pool_size;
    parts[i].copy_(own.layers[l].decode_weight.narrow(2, 0, parts[i].size(2)).narrow(3, 0, parts[i].size(3)) /
                   static_cast<double>(p));
    ++i;
    parts[i++].copy_(own.layers[l].decode_bias);
  }
  parts[i++].copy_(own.self);
  parts[i++].copy_(own.encode);
  parts[i++].copy_(own.decode);
}

TwinWeights Learner::weights_of(const std::vector<torch::Tensor>& parts) const {
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

TwinState Learner::next(const TwinState& state, const TwinWeights& weights, const Random& draws,
                        int64_t frame, torch::Tensor* overflow) {
  if (stop_requested()) throw Stopped();
  automation_.apply(FrameTime{frame, static_cast<double>(frame) / kFramesPerSecond}, nullptr, values_);
  const Transition& transition = resolver_.resolve(values_);
  const auto velocity = twin_.velocity(state, transition, values_, threads_);
  return twin_.step(state, weights,
                    {&transition, velocity ? &*velocity : nullptr,
                     streams_of(draws.split(kNoiseKey), state.h[0].size(0), frame),
                     learns_flow_ ? twin_.stream(state, transition, values_) : torch::Tensor()},
                    overflow);
}

void Learner::learn(const torch::Tensor& loss, AliveStep& report) {
  report.loss = loss.item<double>();
  if (!std::isfinite(report.loss))
    throw Error("go on", fmt::format("training at iteration {}", iteration_), "the loss is no longer finite",
                "--set rate=0.0005");
  torch::Tensor gradient = torch::autograd::grad({loss}, {parameters_.flat()})[0];
  tame(gradient, parameters_.slices());
  solver_.step(parameters_.flat(), gradient, iteration_++);
}

}  // namespace reverie
