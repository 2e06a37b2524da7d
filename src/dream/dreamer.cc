#include "dream/dreamer.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "core/error.h"
#include "core/stop.h"
#include "dream/transformed.h"
#include "models/pictures.h"

namespace reverie {
namespace {

constexpr double kWhite = 255;
constexpr double kLeak = 0.1;          // Lucent's
constexpr int kMostSamples = 1 << 20;  // of a picture, to find a percentile

torch::Tensor evened(const torch::Tensor& g, const DreamSettings& s) {
  switch (s.smoothing) {
    case Smoothing::kLaplacian:
      return laplacian_normalised(g, s.levels);
    case Smoothing::kGaussian:
      return gaussian_smoothed(g, s.sigma);
    case Smoothing::kNone:
      break;
  }
  return g;
}

// x moved along the gradient g so that it changes by `size` in the mean.
torch::Tensor stepped(const torch::Tensor& x, const torch::Tensor& g, double size) {
  const double mean = g.abs().mean().item<double>();
  return mean > 0 ? x + g * (size / mean) : x;
}

// The gradient as the transformed picture has it: tiles are those of what the network sees.
Gradient robust_gradient(const Objective& objective, const torch::Tensor& x, const GradientSettings& how,
                         Random draw) {
  const torch::AutoGradMode with_gradients(true);
  const torch::Tensor before = x.detach().requires_grad_(true);
  Random turns = draw.split(1);
  const torch::Tensor seen = transformed(before, turns);
  Gradient g = gradient_of(objective, seen.detach(), how, draw.split(0));
  g.of = torch::autograd::grad({seen}, {before}, {g.of})[0];
  return g;
}

// The picture times 255 over its percentile (google/deepdream's deprocessing).
torch::Tensor stretched(const torch::Tensor& x, double percentile) {
  const torch::Tensor all = x.flatten();
  const int64_t stride = std::max<int64_t>(1, all.numel() / kMostSamples);
  const torch::Tensor some = std::get<0>(all.slice(0, 0, INT64_MAX, stride).sort());
  const auto at = static_cast<int64_t>(percentile / 100 * static_cast<double>(some.numel() - 1));
  const double white = some[at].item<double>();
  return white > 0 ? x * (kWhite / white) : x;
}

class Octave {
 public:
  Octave(Objective& objective, const DreamSettings& settings, Random draw, const torch::Tensor& mask)
      : objective_(objective), settings_(settings), draw_(draw), mask_(mask) {}

  torch::Tensor run(torch::Tensor x, DreamStep at, const OnDreamStep& on_step) {
    objective_.begin(x);
    at.height = x.size(2);
    at.width = x.size(3);
    at.steps = settings_.steps;
    at.tile = tile_side(objective_, at.height, at.width, settings_.memory);
    for (int i = 0; i < settings_.steps; ++i) {
      if (stop_requested()) throw Stopped();
      x = step(x, i, at.value);
      at.step = i + 1;
      if (on_step) on_step(at, x);
    }
    return x;
  }

 private:
  torch::Tensor step(const torch::Tensor& x, int i, double& value) {
    Random draw = draw_.split(static_cast<uint64_t>(i));
    const auto roll = [&](int64_t side) {
      const auto most = std::min<int64_t>(settings_.jitter, side / 2);
      return std::llround((2 * draw.uniform() - 1) * static_cast<double>(most));
    };
    const int64_t down = roll(x.size(2));
    const int64_t right = roll(x.size(3));
    GradientSettings how;
    how.position = settings_.position;
    how.leak = i < settings_.leak_steps ? kLeak : 0;
    how.memory = settings_.memory;
    const torch::Tensor rolled = torch::roll(x, {down, right}, {2, 3});
    Gradient g = settings_.robust ? robust_gradient(objective_, rolled, how, draw)
                                  : gradient_of(objective_, rolled, how, draw.split(0));
    value = g.value;
    g.of = torch::roll(g.of, {-down, -right}, {2, 3});
    g.of = evened(g.of, settings_);
    const double way = settings_.steps > 1 ? i / (settings_.steps - 1.0) : 0;
    torch::Tensor next = stepped(x, g.of, settings_.step * (1 + way * (settings_.step_end - 1)));
    if (mask_.defined()) next = x + (next - x) * mask_;
    return settings_.contrast > 0 ? next : next.clamp(0, kWhite);
  }

  Objective& objective_;
  const DreamSettings& settings_;
  Random draw_;
  torch::Tensor mask_;
};

}  // namespace

std::vector<std::pair<int64_t, int64_t>> octave_sizes(int64_t height, int64_t width,
                                                      const DreamSettings& settings, int64_t smallest_side) {
  std::vector<std::pair<int64_t, int64_t>> sizes = {{height, width}};
  double shrink = 1;
  for (int i = 1; i < settings.octaves; ++i) {
    shrink *= settings.octave_scale;
    const auto h = std::llround(static_cast<double>(height) / shrink);
    const auto w = std::llround(static_cast<double>(width) / shrink);
    if (std::min(h, w) < std::max<int64_t>(smallest_side, 8)) break;
    sizes.emplace_back(h, w);
  }
  std::reverse(sizes.begin(), sizes.end());
  return sizes;
}

torch::Tensor dream(Objective& objective, const torch::Tensor& picture, const DreamSettings& settings,
                    Random draw, const torch::Tensor& mask, const OnDreamStep& on_step) {
  const int64_t height = picture.size(2);
  const int64_t width = picture.size(3);
  if (std::min(height, width) < objective.smallest_side())
    throw Error("dream", fmt::format("a picture of {}x{}", width, height),
                fmt::format("the layers asked for need at least {0}x{0}", objective.smallest_side()),
                "ask for lower layers, or give a larger picture");
  const auto sizes = octave_sizes(height, width, settings, objective.smallest_side());
  torch::Tensor detail;
  torch::Tensor now;
  for (size_t i = 0; i < sizes.size(); ++i) {
    const auto [h, w] = sizes[i];
    const torch::Tensor base = resized(picture, h, w);
    now = detail.defined() ? base + resized(detail, h, w) : base;
    if (settings.contrast == 0) now = now.clamp(0, kWhite);
    Octave octave(objective, settings, draw.split(i), mask.defined() ? resized(mask, h, w) : mask);
    DreamStep at;
    at.octave = static_cast<int>(i);
    at.octaves = static_cast<int>(sizes.size());
    now = octave.run(now, at, on_step);
    detail = now - base;
  }
  if (settings.contrast > 0) now = stretched(now, settings.contrast).clamp(0, kWhite);
  return with_colours_of(now, picture, settings.keep_colour);
}

torch::Tensor with_colours_of(const torch::Tensor& dreamed, const torch::Tensor& picture, double share) {
  if (share == 0) return dreamed;
  const torch::Tensor weights = torch::tensor({0.2126F, 0.7152F, 0.0722F}).view({1, 3, 1, 1});  // BT.709
  const auto luma = [&](const torch::Tensor& x) { return (x * weights).sum(1, true); };
  const torch::Tensor coloured = (picture + luma(dreamed) - luma(picture)).clamp(0, kWhite);
  return dreamed + (coloured - dreamed) * share;
}

ColourMoments colour_moments(const torch::Tensor& picture) {
  const torch::Tensor flat = picture[0].flatten(1);
  return {flat.mean(1).view({3, 1, 1}), flat.std(1, false).view({3, 1, 1})};
}

torch::Tensor with_moments(const torch::Tensor& picture, const ColourMoments& wanted, double share) {
  if (share == 0) return picture;
  const ColourMoments own = colour_moments(picture);
  const torch::Tensor gain = (wanted.deviation / own.deviation.clamp_min(1)).clamp(0.25, 4);
  const torch::Tensor held = ((picture - own.mean) * gain + wanted.mean).clamp(0, kWhite);
  return picture + (held - picture) * share;
}

}  // namespace reverie
