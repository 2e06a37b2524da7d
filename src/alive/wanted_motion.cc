#include "alive/wanted_motion.h"

#include <cmath>
#include <numbers>

namespace reverie {
namespace {

torch::Tensor turned(const torch::Tensor& h, double degrees) {
  const double angle = degrees * std::numbers::pi / 180;
  const auto c = static_cast<float>(std::cos(angle));
  const auto s = static_cast<float>(std::sin(angle));
  // where each sample comes from, in half heights and half widths
  const float aspect = static_cast<float>(h.size(2)) / static_cast<float>(h.size(3));
  const torch::Tensor from =
      torch::tensor({c, -s * aspect, 0.0F, s / aspect, c, 0.0F}, h.options()).view({1, 2, 3});
  const torch::Tensor grid = at::affine_grid_generator(from.expand({h.size(0), 2, 3}), h.sizes(), false);
  constexpr int64_t kLinear = 0;
  constexpr int64_t kBeyondIsEdge = 1;
  return at::grid_sampler_2d(h, grid, kLinear, kBeyondIsEdge, false);
}

}  // namespace

torch::Tensor moving_otherwise(const torch::Tensor& then, const torch::Tensor& now, int frames,
                               const WantedMotion& wanted) {
  const auto shift = [&](double pixels) { return static_cast<int64_t>(std::lround(pixels * frames)); };
  torch::Tensor carried = at::roll(then, {shift(wanted.y), shift(wanted.x)}, {2, 3});
  if (wanted.turn != 0) carried = turned(carried, wanted.turn * frames);
  return (carried - now).abs().mean() / ((then - now).abs().mean() + 1e-2);
}

}  // namespace reverie
