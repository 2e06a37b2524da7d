#include "feedback/flow.h"

#include <algorithm>
#include <array>
#include <cmath>

namespace reverie {
namespace {

size_t z(int i) {
  return static_cast<size_t>(i);
}

int edge(int i, int n, bool wraps) {
  return wraps ? ((i % n) + n) % n : std::clamp(i, 0, n - 1);
}

Planes gaussian_blur(const Planes& in, float deviation, bool wraps, Threads& threads) {
  const int radius = static_cast<int>(std::ceil(3 * deviation));
  if (radius == 0) return in;
  std::vector<float> weight;
  float sum = 0;
  for (int i = -radius; i <= radius; ++i) {
    weight.push_back(std::exp(-0.5F * static_cast<float>(i * i) / (deviation * deviation)));
    sum += weight.back();
  }
  for (float& w : weight) w /= sum;
  Planes across(1, in.height(), in.width());
  threads.each(in.height(), [&](int y) {
    for (int x = 0; x < in.width(); ++x) {
      for (int i = -radius; i <= radius; ++i)
        across.at(0, y, x) += weight[z(i + radius)] * in.at(0, y, edge(x + i, in.width(), wraps));
    }
  });
  Planes out(1, in.height(), in.width());
  threads.each(in.height(), [&](int y) {
    for (int i = -radius; i <= radius; ++i) {
      const float* from = across.row(0, edge(y + i, in.height(), wraps));
      for (int x = 0; x < in.width(); ++x) out.at(0, y, x) += weight[z(i + radius)] * from[x];
    }
  });
  return out;
}

// Weights of the uniform cubic B-spline and of its slope at one output sample.
struct Spline {
  std::array<int, 4> from{};
  std::array<float, 4> value{}, slope{};
};

std::vector<Spline> splines(int small, int large, bool wraps) {
  std::vector<Spline> all(z(large));
  const float scale = static_cast<float>(small) / static_cast<float>(large);
  for (int i = 0; i < large; ++i) {
    Spline& s = all[z(i)];
    const float at = (static_cast<float>(i) + 0.5F) * scale - 0.5F;
    const float t = at - std::floor(at);
    const float r = 1 - t;
    for (int k = 0; k < 4; ++k) s.from[z(k)] = edge(static_cast<int>(std::floor(at)) + k - 1, small, wraps);
    s.value = {r * r * r / 6, (4 + 3 * t * t * (t - 2)) / 6, (4 + 3 * r * r * (r - 2)) / 6, t * t * t / 6};
    s.slope = {-r * r / 2, t * (3 * t - 4) / 2, -r * (3 * r - 4) / 2, t * t / 2};
  }
  return all;
}

}  // namespace

Planes stream_velocity(const Planes& channel, float smooth, int height, int width, bool wraps,
                       Threads& threads) {
  const Planes psi = gaussian_blur(channel, smooth, wraps, threads);
  const std::vector<Spline> across = splines(psi.width(), width, wraps);
  const std::vector<Spline> down = splines(psi.height(), height, wraps);
  Planes v(2, height, width);
  std::vector<double> squares(z(height));
  threads.each(height, [&](int y) {
    const Spline& sy = down[z(y)];
    double square = 0;
    for (int x = 0; x < width; ++x) {
      const Spline& sx = across[z(x)];
      float slope_x = 0;
      float slope_y = 0;
      for (size_t j = 0; j < 4; ++j) {
        const float* row = psi.row(0, sy.from[j]);
        float value = 0;
        float slope = 0;
        for (size_t i = 0; i < 4; ++i) {
          value += sx.value[i] * row[sx.from[i]];
          slope += sx.slope[i] * row[sx.from[i]];
        }
        slope_x += sy.value[j] * slope;
        slope_y += sy.slope[j] * value;
      }
      v.at(0, y, x) = slope_y;
      v.at(1, y, x) = -slope_x;
      square += static_cast<double>(slope_x) * slope_x + static_cast<double>(slope_y) * slope_y;
    }
    squares[z(y)] = square;
  });
  double sum = 0;
  for (const double s : squares) sum += s;
  const double rms = std::sqrt(sum / (static_cast<double>(height) * width));
  const auto scale = static_cast<float>(rms > 1e-9 ? 1 / rms : 0);
  threads.each(height, [&](int y) {
    for (int c = 0; c < 2; ++c) {
      float* row = v.row(c, y);
      for (int x = 0; x < width; ++x) row[x] *= scale;
    }
  });
  return v;
}

}  // namespace reverie
