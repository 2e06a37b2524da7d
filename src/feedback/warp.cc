#include "feedback/warp.h"

#include <algorithm>
#include <cmath>
#include <numbers>

namespace reverie {
namespace {

constexpr float kRadians = std::numbers::pi_v<float> / 180;

struct Point {
  float x, y;
};

// Folds the plane at the origin, so that one side is shown on all sides.
Point fold(Point q, Mirror mirror, int segments) {
  switch (mirror) {
    case Mirror::kNone:
      return q;
    case Mirror::kHorizontal:
      return {-std::abs(q.x), q.y};
    case Mirror::kVertical:
      return {q.x, -std::abs(q.y)};
    case Mirror::kBoth:
      return {-std::abs(q.x), -std::abs(q.y)};
    case Mirror::kKaleidoscope:
      break;
  }
  const float sector = 2 * std::numbers::pi_v<float> / static_cast<float>(segments);
  const float angle = std::atan2(q.y, q.x);
  const float folded = std::abs(angle - sector * std::round(angle / sector));
  const float r = std::hypot(q.x, q.y);
  return {r * std::cos(folded), r * std::sin(folded)};
}

Point turn(Point q, float degrees) {
  if (degrees == 0) return q;
  const float c = std::cos(degrees * kRadians);
  const float s = std::sin(degrees * kRadians);
  return {q.x * c - q.y * s, q.x * s + q.y * c};
}

// Index of sample i of n under a border rule; -1 if there is none.
int border_index(int i, int n, Border border) {
  if (i >= 0 && i < n) return i;
  switch (border) {
    case Border::kWrap:
      i %= n;
      return i < 0 ? i + n : i;
    case Border::kClamp:
      return std::clamp(i, 0, n - 1);
    case Border::kZero:
      break;
  }
  return -1;
}

// Catmull-Rom weights at t between samples 0 and 1 of -1, 0, 1, 2: passes through the samples, keeps edges.
void catmull_rom(float t, float w[4]) {
  w[0] = t * (-0.5F + t * (1 - 0.5F * t));
  w[1] = 1 + t * t * (-2.5F + 1.5F * t);
  w[2] = t * (0.5F + t * (2 - 1.5F * t));
  w[3] = t * t * (-0.5F + 0.5F * t);
}

// Far outside nothing changes any more, and the conversion to int must not overflow.
float tame(float v) {
  return std::isfinite(v) ? std::clamp(v, -1e6F, 1e6F) : 0;
}

// Converts turned positions about the centre to source positions: zoom and shift.
void place_row(const LevelTransition& l, Point centre, int y, int width, float* source_x, float* source_y) {
  if (!l.zoom.picture && !l.shift_x.picture && !l.shift_y.picture) {
    const float zoom = std::max(l.zoom.value, 0.01F);
    const Point shift = {l.shift_x.value, l.shift_y.value};
    for (int x = 0; x < width; ++x) {
      source_x[x] = centre.x + source_x[x] / zoom - shift.x;
      source_y[x] = centre.y + source_y[x] / zoom - shift.y;
    }
    return;
  }
  for (int x = 0; x < width; ++x) {
    const float zoom = std::max(l.zoom.at(y, x), 0.01F);
    source_x[x] = centre.x + source_x[x] / zoom - l.shift_x.at(y, x);
    source_y[x] = centre.y + source_y[x] / zoom - l.shift_y.at(y, x);
  }
}

// Adds sign * amount * v to the source positions.
void along_row(const Field& amount, float sign, const Planes& v, int shrink, int y, int width,
               float* source_x, float* source_y) {
  const int vy = std::min(y * shrink + shrink / 2, v.height() - 1);
  const float* vx_row = v.row(0, vy);
  const float* vy_row = v.row(1, vy);
  if (shrink == 1 && !amount.picture) {
    const float a = sign * amount.value;
    for (int x = 0; x < width; ++x) {
      source_x[x] += a * vx_row[x];
      source_y[x] += a * vy_row[x];
    }
    return;
  }
  for (int x = 0; x < width; ++x) {
    const int vx = std::min(x * shrink + shrink / 2, v.width() - 1);
    const float a = sign * amount.at(y, x);
    source_x[x] += a * vx_row[vx];
    source_y[x] += a * vy_row[vx];
  }
}

}  // namespace

void warp_row(const Transition& t, int level, int height, int width, int shrink, int y, float* source_x,
              float* source_y) {
  const LevelTransition& l = t.level[static_cast<size_t>(level)];
  const float centre_x = t.centre_x * static_cast<float>(width) - 0.5F;
  const float centre_y = t.centre_y * static_cast<float>(height) - 0.5F;
  const float radius = 0.5F * static_cast<float>(std::min(width, height));
  const bool plain_turn = l.swirl.is(0) && l.rotate.picture == nullptr;
  const float c = std::cos(l.rotate.value * kRadians);
  const float s = std::sin(l.rotate.value * kRadians);
  const float py = static_cast<float>(y) - centre_y;
  if (plain_turn && l.mirror == Mirror::kNone) {
    for (int x = 0; x < width; ++x) {
      const float px = static_cast<float>(x) - centre_x;
      source_x[x] = px * c - py * s;
      source_y[x] = px * s + py * c;
    }
  } else {
    for (int x = 0; x < width; ++x) {
      Point q = fold({static_cast<float>(x) - centre_x, py}, l.mirror, t.segments);
      if (plain_turn) {
        q = {q.x * c - q.y * s, q.x * s + q.y * c};
      } else {
        const float fall = std::max(0.0F, 1 - std::hypot(q.x, q.y) / radius);
        q = turn(q, l.rotate.at(y, x) + l.swirl.at(y, x) * fall * fall);
      }
      source_x[x] = q.x;
      source_y[x] = q.y;
    }
  }
  place_row(l, {centre_x, centre_y}, y, width, source_x, source_y);
  if (!l.advect.is(0) && t.velocity)
    along_row(l.advect, -1, *t.velocity, shrink, y, width, source_x, source_y);
  if (!l.warp_by_flow.is(0) && t.input_flow)
    along_row(l.warp_by_flow, 1, *t.input_flow, shrink, y, width, source_x, source_y);
}

float Sampler::fetch(const float* plane, int x, int y) const {
  x = border_index(x, width_, border_);
  y = border_index(y, height_, border_);
  return x < 0 || y < 0
             ? 0
             : plane[static_cast<size_t>(y) * static_cast<size_t>(width_) + static_cast<size_t>(x)];
}

float Sampler::nearest(const float* plane, float x, float y) const {
  return fetch(plane, static_cast<int>(std::floor(x + 0.5F)), static_cast<int>(std::floor(y + 0.5F)));
}

float Sampler::linear(const float* plane, float x, float y) const {
  const float fx = std::floor(x);
  const float fy = std::floor(y);
  const float tx = x - fx;
  const float ty = y - fy;
  const int ix = static_cast<int>(fx);
  const int iy = static_cast<int>(fy);
  const float top = fetch(plane, ix, iy) * (1 - tx) + fetch(plane, ix + 1, iy) * tx;
  const float bottom = fetch(plane, ix, iy + 1) * (1 - tx) + fetch(plane, ix + 1, iy + 1) * tx;
  return top * (1 - ty) + bottom * ty;
}

float Sampler::cubic(const float* plane, float x, float y) const {
  const float fx = std::floor(x);
  const float fy = std::floor(y);
  float wx[4];
  float wy[4];
  catmull_rom(x - fx, wx);
  catmull_rom(y - fy, wy);
  float sum = 0;
  for (int j = 0; j < 4; ++j) {
    float row = 0;
    for (int i = 0; i < 4; ++i)
      row += wx[i] * fetch(plane, static_cast<int>(fx) + i - 1, static_cast<int>(fy) + j - 1);
    sum += wy[j] * row;
  }
  return sum;
}

void Sampler::row(const float* plane, const float* source_x, const float* source_y, float* out) const {
  for (int i = 0; i < width_; ++i) {
    const float x = tame(source_x[i]);
    const float y = tame(source_y[i]);
    switch (sampling_) {
      case Sampling::kLinear:
        out[i] = linear(plane, x, y);
        break;
      case Sampling::kCubic:
        out[i] = cubic(plane, x, y);
        break;
      case Sampling::kNearest:
        out[i] = nearest(plane, x, y);
        break;
    }
  }
}

}  // namespace reverie
