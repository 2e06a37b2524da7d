#include "grade/geometry.h"

#include <algorithm>
#include <cmath>
#include <numbers>

namespace reverie {
namespace {

// Words of `flip` and `mirror`, in their order.
enum class Axes { kNone, kHorizontal, kVertical, kBoth };

bool across(Axes a) {
  return a == Axes::kHorizontal || a == Axes::kBoth;
}
bool down(Axes a) {
  return a == Axes::kVertical || a == Axes::kBoth;
}

// i of 0..n-1 and back again, over and over.
int reflected(int i, int n) {
  const int period = 2 * n;
  const int m = ((i % period) + period) % period;
  return m < n ? m : period - 1 - m;
}

// Whole where it is but for rounding, so that flips copy samples.
double snapped(double v) {
  const double whole = std::round(v);
  return std::abs(v - whole) < 1e-6 ? whole : v;
}

}  // namespace

Geometry::Geometry(const ParameterValues& values, int width, int height)
    : width_(width),
      height_(height),
      left_(values.number("crop_left")),
      top_(values.number("crop_top")),
      across_(std::max(1 - left_ - values.number("crop_right"), 1.0 / width)),
      down_(std::max(1 - top_ - values.number("crop_bottom"), 1.0 / height)),
      flip_x_(across(values.choice<Axes>("flip"))),
      flip_y_(down(values.choice<Axes>("flip"))),
      mirror_x_(across(values.choice<Axes>("mirror"))),
      mirror_y_(down(values.choice<Axes>("mirror"))),
      shift_x_(values.number("shift_x") * width),
      shift_y_(values.number("shift_y") * height),
      border_(values.choice<Border>("border")) {
  const double zoom = values.number("zoom");
  const double turn = values.number("rotate") * std::numbers::pi / 180;
  cos_ = std::cos(turn) / zoom;
  sin_ = std::sin(turn) / zoom;
  nothing_ = left_ == 0 && top_ == 0 && across_ == 1 && down_ == 1 && !flip_x_ && !flip_y_ && !mirror_x_ &&
             !mirror_y_ && shift_x_ == 0 && shift_y_ == 0 && zoom == 1 && turn == 0;
}

void Geometry::source_of(int x, int y, double& sx, double& sy) const {
  const double ox = x + 0.5 - 0.5 * width_ - shift_x_;
  const double oy = y + 0.5 - 0.5 * height_ - shift_y_;
  // y grows downwards: this turns the picture counter-clockwise
  double u = cos_ * ox - sin_ * oy;
  double v = sin_ * ox + cos_ * oy;
  if (mirror_x_) u = -std::abs(u);
  if (mirror_y_) v = -std::abs(v);
  if (flip_x_) u = -u;
  if (flip_y_) v = -v;
  sx = snapped((left_ + (u / width_ + 0.5) * across_) * width_ - 0.5);
  sy = snapped((top_ + (v / height_ + 0.5) * down_) * height_ - 0.5);
}

void Geometry::apply(const Planes& in, Planes& out, Threads& threads) const {
  out.reshape(in.channels(), height_, width_);
  const auto place = [&](int i, int n) {
    switch (border_) {
      case Border::kBlack:
        return i >= 0 && i < n ? i : -1;
      case Border::kClamp:
        return std::clamp(i, 0, n - 1);
      case Border::kWrap:
        return ((i % n) + n) % n;
      case Border::kMirror:
        break;
    }
    return reflected(i, n);
  };
  threads.each(height_, [&](int y) {
    for (int x = 0; x < width_; ++x) {
      double sx = 0;
      double sy = 0;
      source_of(x, y, sx, sy);
      const int x0 = static_cast<int>(std::floor(sx));
      const int y0 = static_cast<int>(std::floor(sy));
      const auto fx = static_cast<float>(sx - x0);
      const auto fy = static_cast<float>(sy - y0);
      const int xs[] = {place(x0, width_), place(x0 + 1, width_)};
      const int ys[] = {place(y0, height_), place(y0 + 1, height_)};
      for (int c = 0; c < in.channels(); ++c) {
        const auto sample = [&](int j, int i) {
          return xs[i] < 0 || ys[j] < 0 ? 0.0F : in.at(c, ys[j], xs[i]);
        };
        const float upper = sample(0, 0) + fx * (sample(0, 1) - sample(0, 0));
        const float lower = sample(1, 0) + fx * (sample(1, 1) - sample(1, 0));
        out.at(c, y, x) = upper + fy * (lower - upper);
      }
    }
  });
}

}  // namespace reverie
