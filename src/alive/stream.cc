#include "alive/stream.h"

#include <algorithm>
#include <array>
#include <cmath>

namespace reverie {
namespace {

int64_t edge(int64_t i, int64_t n, bool wraps) {
  return wraps ? ((i % n) + n) % n : std::clamp<int64_t>(i, 0, n - 1);
}

// Rows of matrices [large, small]: the values of a cubic B-spline through blurred samples, and its slopes.
struct Along {
  torch::Tensor value, slope;
};

Along along(int64_t small, int64_t large, double smooth, bool wraps) {
  torch::Tensor blur = torch::zeros({small, small});
  const auto radius = static_cast<int64_t>(std::ceil(3 * smooth));
  for (int64_t i = 0; i < small; ++i) {
    for (int64_t d = -radius; d <= radius; ++d)
      blur[i][edge(i + d, small, wraps)] +=
          radius == 0 ? 1 : std::exp(-0.5 * static_cast<double>(d * d) / (smooth * smooth));
  }
  blur = blur / blur.sum(1, true);
  torch::Tensor value = torch::zeros({large, small});
  torch::Tensor slope = torch::zeros({large, small});
  for (int64_t i = 0; i < large; ++i) {
    const double at =
        (static_cast<double>(i) + 0.5) * static_cast<double>(small) / static_cast<double>(large) - 0.5;
    const double t = at - std::floor(at);
    const double r = 1 - t;
    const std::array<double, 4> values = {r * r * r / 6, (4 + 3 * t * t * (t - 2)) / 6,
                                          (4 + 3 * r * r * (r - 2)) / 6, t * t * t / 6};
    const std::array<double, 4> slopes = {-r * r / 2, t * (3 * t - 4) / 2, -r * (3 * r - 4) / 2, t * t / 2};
    for (size_t k = 0; k < 4; ++k) {
      const int64_t from =
          edge(static_cast<int64_t>(std::floor(at)) + static_cast<int64_t>(k) - 1, small, wraps);
      value[i][from] += values[k];
      slope[i][from] += slopes[k];
    }
  }
  return {value.mm(blur), slope.mm(blur)};
}

}  // namespace

torch::Tensor stream_of(const torch::Tensor& channels, double smooth, int height, int width, bool wraps) {
  const auto of = [&](int64_t side, int large) {
    const Along a = along(side, large, smooth, wraps);
    return Along{a.value.to(channels.device()), a.slope.to(channels.device())};
  };
  const Along down = of(channels.size(1), height);
  const Along across = of(channels.size(2), width);
  const auto times = [&](const torch::Tensor& y, const torch::Tensor& x) {
    return at::matmul(at::matmul(y, channels), x.t());
  };
  const torch::Tensor v = at::stack({times(down.slope, across.value), -times(down.value, across.slope)}, 1);
  const torch::Tensor squares =
      v.square().sum(at::IntArrayRef({1, 2, 3}), true) / (height * static_cast<double>(width));
  return v / (squares + 1e-18).sqrt();
}

}  // namespace reverie
