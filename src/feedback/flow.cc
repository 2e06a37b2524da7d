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
    std::vector<float> wide(z(in.width() + 2 * radius));  // including what lies beyond the edges
    for (int x = -radius; x < in.width() + radius; ++x)
      wide[z(x + radius)] = in.at(0, y, edge(x, in.width(), wraps));
    float* to = across.row(0, y);
    for (int i = 0; i <= 2 * radius; ++i) {
      const float w = weight[z(i)];
      const float* from = wide.data() + i;
      for (int x = 0; x < in.width(); ++x) to[x] += w * from[x];
    }
  });
  Planes out(1, in.height(), in.width());
  threads.each(in.height(), [&](int y) {
    for (int i = -radius; i <= radius; ++i) {
      const float* from = across.row(0, edge(y + i, in.height(), wraps));
      float* to = out.row(0, y);
      const float w = weight[z(i + radius)];
      for (int x = 0; x < in.width(); ++x) to[x] += w * from[x];
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

// Every row at `width` samples: plane 0 the values, plane 1 their slopes.
Planes enlarge_rows(const Planes& in, int width, bool wraps, Threads& threads) {
  const std::vector<Spline> across = splines(in.width(), width, wraps);
  Planes out(2, in.height(), width);
  threads.each(in.height(), [&](int y) {
    const float* row = in.row(0, y);
    for (int x = 0; x < width; ++x) {
      const Spline& s = across[z(x)];
      for (size_t i = 0; i < 4; ++i) {
        out.at(0, y, x) += s.value[i] * row[s.from[i]];
        out.at(1, y, x) += s.slope[i] * row[s.from[i]];
      }
    }
  });
  return out;
}

// In eight sums, so that none waits for the last.
double sum_of_squares(const float* row, int width) {
  std::array<double, 8> sums{};
  int x = 0;
  for (; x + 8 <= width; x += 8) {
    for (int i = 0; i < 8; ++i) sums[z(i)] += static_cast<double>(row[x + i]) * row[x + i];
  }
  for (; x < width; ++x) sums[0] += static_cast<double>(row[x]) * row[x];
  double sum = 0;
  for (const double s : sums) sum += s;
  return sum;
}

}  // namespace

Planes stream_velocity(const Planes& channel, float smooth, int height, int width, bool wraps,
                       Threads& threads) {
  const Planes psi = gaussian_blur(channel, smooth, wraps, threads);
  const Planes across = enlarge_rows(psi, width, wraps, threads);
  const std::vector<Spline> down = splines(psi.height(), height, wraps);
  Planes v(2, height, width);
  std::vector<double> squares(z(height));
  threads.each(height, [&](int y) {
    const Spline& s = down[z(y)];
    const float* value[4];
    const float* slope[4];
    for (size_t j = 0; j < 4; ++j) {
      value[j] = across.row(0, s.from[j]);
      slope[j] = across.row(1, s.from[j]);
    }
    float* vx = v.row(0, y);
    float* vy = v.row(1, y);
    for (int x = 0; x < width; ++x) {
      vx[x] = s.slope[0] * value[0][x] + s.slope[1] * value[1][x] + s.slope[2] * value[2][x] +
              s.slope[3] * value[3][x];
      vy[x] = -(s.value[0] * slope[0][x] + s.value[1] * slope[1][x] + s.value[2] * slope[2][x] +
                s.value[3] * slope[3][x]);
    }
    squares[z(y)] = sum_of_squares(vx, width) + sum_of_squares(vy, width);
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

Planes stream_velocity(const Kernel& kernel, const Transition& transition, const LevelSizes& sizes,
                       Threads& threads) {
  const Stream& s = transition.stream;
  return stream_velocity(kernel.state_channel(s.level, s.channel), s.smooth, sizes.height[0], sizes.width[0],
                         transition.border == Border::kWrap, threads);
}

}  // namespace reverie
