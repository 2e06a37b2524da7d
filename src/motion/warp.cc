#include "motion/warp.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "core/error.h"

namespace reverie {
namespace {

constexpr float kSeenShare = 0.01F, kSeen = 0.5F;            // Sundaram et al., of pixels squared
constexpr float kBoundaryShare = 0.01F, kBoundary = 0.002F;  // Ruder et al.

// Where a sample between four others lies.
struct Between {
  size_t at = 0;               // of the upper left one
  size_t right = 0, down = 0;  // to the next; 0 at an edge
  float x = 0, y = 0;          // shares of the next
};

// A place along one axis, of n samples; what is not a number is the first.
int whole(float place, int n, float& share) {
  const float last = static_cast<float>(n - 1);
  const float inside = place > 0 ? std::min(place, last) : 0.0F;
  const int first = static_cast<int>(inside);
  share = inside - static_cast<float>(first);
  return first;
}

Between between(float x, float y, int width, int height) {
  Between b;
  const int left = whole(x, width, b.x);
  const int top = whole(y, height, b.y);
  b.at = static_cast<size_t>(top) * static_cast<size_t>(width) + static_cast<size_t>(left);
  b.right = left + 1 < width ? 1 : 0;
  b.down = top + 1 < height ? static_cast<size_t>(width) : 0;
  return b;
}

float value(const float* plane, const Between& b) {
  const float* at = plane + b.at;
  const float above = at[0] + b.x * (at[b.right] - at[0]);
  const float below = at[b.down] + b.x * (at[b.down + b.right] - at[b.down]);
  return above + b.y * (below - above);
}

// 1 well below a limit, 0 well above, 1/2 at it; 0 for what is not a number.
float below(float value, float limit) {
  const float s = 1.5F - value / limit;
  if (!(s > 0)) return 0;
  return s < 1 ? s * s * (3 - 2 * s) : 1.0F;
}

float inside(float place, int n) {
  const float beyond = std::max(-place, place - static_cast<float>(n - 1));
  // half a pixel beyond the middle of the last is in it still
  return beyond < 1.5F ? std::min(1.5F - beyond, 1.0F) : 0.0F;
}

float squared(float x, float y) {
  return x * x + y * y;
}

// Of one component, by central differences.
float slope(const Flow& flow, int c, int y, int x) {
  const int left = std::max(x - 1, 0);
  const int right = std::min(x + 1, flow.width() - 1);
  const int up = std::max(y - 1, 0);
  const int down = std::min(y + 1, flow.height() - 1);
  return squared((flow.at(c, y, right) - flow.at(c, y, left)) / 2,
                 (flow.at(c, down, x) - flow.at(c, up, x)) / 2);
}

void check_sizes(const Planes& a, const Flow& flow) {
  if (a.height() == flow.height() && a.width() == flow.width() && flow.channels() == 2) return;
  throw Error(
      "carry", "a picture along a flow",
      fmt::format("it is {}x{}, and the flow is {}x{}", a.width(), a.height(), flow.width(), flow.height()));
}

}  // namespace

void warp(const Planes& picture, const Flow& flow, Planes& out, Threads& threads) {
  check_sizes(picture, flow);
  out.reshape(picture.channels(), picture.height(), picture.width());
  threads.each(picture.height(), [&](int y) {
    const float* dx = flow.row(0, y);
    const float* dy = flow.row(1, y);
    for (int x = 0; x < picture.width(); ++x) {
      const Between b = between(static_cast<float>(x) + dx[x], static_cast<float>(y) + dy[x], picture.width(),
                                picture.height());
      for (int c = 0; c < picture.channels(); ++c) out.at(c, y, x) = value(picture.plane(c), b);
    }
  });
}

Planes consistency(const Flow& flow, const Flow& back, Threads& threads) {
  check_sizes(back, flow);
  Planes out(1, flow.height(), flow.width());
  threads.each(flow.height(), [&](int y) {
    for (int x = 0; x < flow.width(); ++x) {
      const float u = flow.at(0, y, x);
      const float v = flow.at(1, y, x);
      const float to_x = static_cast<float>(x) + u;
      const float to_y = static_cast<float>(y) + v;
      const Between b = between(to_x, to_y, flow.width(), flow.height());
      const float back_u = value(back.plane(0), b);
      const float back_v = value(back.plane(1), b);
      const float there = squared(u, v);
      const float seen =
          below(squared(u + back_u, v + back_v), kSeenShare * (there + squared(back_u, back_v)) + kSeen);
      const float smooth =
          below(slope(flow, 0, y, x) + slope(flow, 1, y, x), kBoundaryShare * there + kBoundary);
      out.at(0, y, x) = seen * smooth * inside(to_x, flow.width()) * inside(to_y, flow.height());
    }
  });
  return out;
}

}  // namespace reverie
