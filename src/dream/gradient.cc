#include "dream/gradient.h"

#include <algorithm>
#include <cmath>

#include "core/error.h"
#include "core/stop.h"

namespace reverie {
namespace {

constexpr int64_t kSmallestTile = 96;
constexpr double kEpsilon = 1e-10;

int64_t up_to_multiple(int64_t n, int64_t of) {
  return (n + of - 1) / of * of;
}

// d value / d part, [1, 3, h, w].
torch::Tensor part_gradient(const Objective& objective, const torch::Tensor& part,
                            const GradientSettings& settings, double& value) {
  const torch::AutoGradMode with_gradients(true);  // the rest of a dream has none
  torch::Tensor x = part.detach().contiguous().requires_grad_(true);
  PassOptions pass;
  pass.leak = settings.leak;
  const torch::Tensor v = objective.value(x, settings.position, pass);
  value += v.item<double>();
  if (!v.requires_grad()) return torch::zeros_like(part);  // nothing is asked for at this position
  return torch::autograd::grad({v}, {x})[0];
}

// Where tiles of `core` begin that cover 0..length: multiples of step, shifted by a draw.
std::vector<int64_t> tile_starts(int64_t length, int64_t core, int64_t step, Random& draw) {
  std::vector<int64_t> starts = {0};
  const auto steps = std::max<int64_t>(1, core / step);
  int64_t at = step * (1 + static_cast<int64_t>(draw.uniform() * static_cast<double>(steps)));
  for (; at < length; at += core) starts.push_back(at);
  return starts;
}

torch::Tensor tiled(const Objective& objective, const torch::Tensor& picture, int64_t side,
                    const GradientSettings& settings, Random draw, double& value) {
  const int64_t height = picture.size(2);
  const int64_t width = picture.size(3);
  const int64_t step = objective.step();
  const int64_t margin = up_to_multiple(std::min(objective.receptive(), side / 4), step);
  const int64_t core = std::max(step, (side - 2 * margin) / step * step);
  const std::vector<int64_t> tops = tile_starts(height, core, step, draw);
  const std::vector<int64_t> lefts = tile_starts(width, core, step, draw);
  torch::Tensor all = torch::zeros_like(picture);
  const auto end_of = [](const std::vector<int64_t>& starts, size_t i, int64_t length) {
    return i + 1 < starts.size() ? starts[i + 1] : length;
  };
  for (size_t i = 0; i < tops.size(); ++i) {
    for (size_t j = 0; j < lefts.size(); ++j) {
      if (stop_requested()) throw Stopped();
      const int64_t bottom = end_of(tops, i, height);
      const int64_t right = end_of(lefts, j, width);
      // the tile with its margins, kept large enough at the ends
      const int64_t y0 = std::max<int64_t>(0, std::min(tops[i] - margin, (height - core) / step * step));
      const int64_t x0 = std::max<int64_t>(0, std::min(lefts[j] - margin, (width - core) / step * step));
      const int64_t y1 = std::min(height, std::max(bottom + margin, y0 + core));
      const int64_t x1 = std::min(width, std::max(right + margin, x0 + core));
      const torch::Tensor part = picture.slice(2, y0, y1).slice(3, x0, x1);
      const torch::Tensor g = part_gradient(objective, part, settings, value);
      all.slice(2, tops[i], bottom)
          .slice(3, lefts[j], right)
          .copy_(g.slice(2, tops[i] - y0, bottom - y0).slice(3, lefts[j] - x0, right - x0));
    }
  }
  return all;
}

// Normal densities at -radius..radius, of sum 1.
torch::Tensor bell(double sigma) {
  const auto radius = std::max<int64_t>(1, std::llround(std::ceil(2.5 * sigma)));
  const torch::Tensor at = torch::arange(-radius, radius + 1, torch::kFloat32);
  const torch::Tensor density = torch::exp(-0.5 * (at / std::max(sigma, 0.01)).square());
  return density / density.sum();
}

// Every channel convolved with `taps` along rows and columns, edges repeated.
torch::Tensor convolved(const torch::Tensor& g, const torch::Tensor& taps) {
  const int64_t channels = g.size(1);
  const int64_t radius = taps.size(0) / 2;
  const auto across = taps.view({1, 1, 1, -1}).repeat({channels, 1, 1, 1});
  const auto down = taps.view({1, 1, -1, 1}).repeat({channels, 1, 1, 1});
  torch::Tensor padded = torch::replication_pad2d(g, {radius, radius, radius, radius});
  padded =
      torch::conv2d(padded, across, {}, at::IntArrayRef{1}, at::IntArrayRef{0}, at::IntArrayRef{1}, channels);
  return torch::conv2d(padded, down, {}, at::IntArrayRef{1}, at::IntArrayRef{0}, at::IntArrayRef{1},
                       channels);
}

torch::Tensor over_deviation(const torch::Tensor& g) {
  const double rms = std::sqrt(g.square().mean().item<double>());
  return g / std::max(rms, kEpsilon);
}

}  // namespace

int64_t tile_side(const Objective& objective, int64_t height, int64_t width, size_t memory) {
  if (memory == 0 || !objective.splits()) return 0;
  // what is kept for the whole picture, whatever the tiles: itself, its gradient, copies of both
  const double whole = static_cast<double>(height * width) * 3 * sizeof(float) * 8;
  const double left = std::max(static_cast<double>(memory) - whole, static_cast<double>(memory) / 8);
  const double pixels = left / objective.bytes_per_pixel();
  if (pixels >= static_cast<double>(height * width)) return 0;
  const auto side = static_cast<int64_t>(std::sqrt(pixels));
  // half of it, its core, must still be a picture for the network
  const int64_t least = std::max(kSmallestTile, 2 * objective.smallest_side() + 6 * objective.step());
  return std::max(side / objective.step() * objective.step(), up_to_multiple(least, objective.step()));
}

Gradient gradient_of(const Objective& objective, const torch::Tensor& picture,
                     const GradientSettings& settings, Random draw) {
  Gradient g;
  const int64_t side = tile_side(objective, picture.size(2), picture.size(3), settings.memory);
  g.of = side == 0 || (side >= picture.size(2) && side >= picture.size(3))
             ? part_gradient(objective, picture, settings, g.value)
             : tiled(objective, picture, side, settings, draw, g.value);
  if (!std::isfinite(g.value))
    throw Error("dream", "", "the network answers with numbers that are not finite",
                "its weights may be damaged");
  return g;
}

torch::Tensor laplacian_normalised(const torch::Tensor& g, int levels) {
  static constexpr float kTaps[] = {1.0F / 16, 4.0F / 16, 6.0F / 16, 4.0F / 16, 1.0F / 16};
  const torch::Tensor taps = torch::tensor(at::ArrayRef<float>(kTaps, 5));
  std::vector<torch::Tensor> bands;
  torch::Tensor low = g;
  for (int i = 0; i < levels && low.size(2) >= 4 && low.size(3) >= 4; ++i) {
    const torch::Tensor smaller = convolved(low, taps).slice(2, 0, INT64_MAX, 2).slice(3, 0, INT64_MAX, 2);
    bands.push_back(low - torch::upsample_bilinear2d(smaller, {low.size(2), low.size(3)}, false));
    low = smaller;
  }
  torch::Tensor sum = over_deviation(low);
  for (size_t i = bands.size(); i-- > 0;) {
    sum = torch::upsample_bilinear2d(sum, {bands[i].size(2), bands[i].size(3)}, false) +
          over_deviation(bands[i]);
  }
  return sum;
}

torch::Tensor gaussian_smoothed(const torch::Tensor& g, double sigma) {
  return (convolved(g, bell(sigma / 2)) + convolved(g, bell(sigma)) + convolved(g, bell(2 * sigma))) / 3;
}

}  // namespace reverie
