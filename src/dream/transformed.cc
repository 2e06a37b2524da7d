#include "dream/transformed.h"

#include <cmath>

namespace reverie {
namespace {

constexpr int64_t kPad = 12;
constexpr int kFirstJitter = 8, kLastJitter = 4;

// Scaled and turned about the middle, grey beyond the edges.
torch::Tensor turned(const torch::Tensor& x, double scale, double degrees) {
  const double c = std::cos(degrees * M_PI / 180) / scale;
  const double s = std::sin(degrees * M_PI / 180) / scale;
  const torch::Tensor theta =
      torch::tensor({c, -s, 0.0, s, c, 0.0}, torch::kFloat32).view({1, 2, 3}).repeat({x.size(0), 1, 1});
  const torch::Tensor grid = torch::affine_grid_generator(theta, x.sizes(), false);
  return torch::grid_sampler(x - 127.5, grid, 0, 0, false) + 127.5;
}

}  // namespace

torch::Tensor transformed(const torch::Tensor& picture, Random& draw) {
  const auto below = [&](int n) { return static_cast<int64_t>(draw.uniform() * n); };
  torch::Tensor x = torch::constant_pad_nd(picture, {kPad, kPad, kPad, kPad}, 127.5);
  x = torch::roll(x, {below(kFirstJitter) - kFirstJitter / 2, below(kFirstJitter) - kFirstJitter / 2},
                  {2, 3});
  const double scale = 1 + (static_cast<double>(below(11)) - 5) / 50;
  const int64_t turn = below(26);  // -10..10, and five times none
  x = turned(x, scale, turn < 21 ? static_cast<double>(turn - 10) : 0);
  return torch::roll(x, {below(kLastJitter) - kLastJitter / 2, below(kLastJitter) - kLastJitter / 2}, {2, 3});
}

}  // namespace reverie
