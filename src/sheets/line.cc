#include "sheets/line.h"

#include <algorithm>
#include <cmath>

namespace reverie {
namespace {

// Calls touch(x, y, coverage) for the pixels of the picture's size that the line may cover.
template <typename Touch>
void each_covered(const Planes& picture, double x0, double y0, double x1, double y1, double radius,
                  const Touch& touch) {
  if (!std::isfinite(x0) || !std::isfinite(y0) || !std::isfinite(x1) || !std::isfinite(y1)) return;
  const double reach = radius + 1;
  const double dx = x1 - x0;
  const double dy = y1 - y0;
  const double length = std::max(1e-9, dx * dx + dy * dy);
  const auto within = [](double v, int n) { return static_cast<int>(std::clamp(v, -1.0, n + 1.0)); };
  const int left = std::max(0, within(std::min(x0, x1) - reach, picture.width()));
  const int right = std::min(picture.width() - 1, within(std::max(x0, x1) + reach, picture.width()));
  const int top = std::max(0, within(std::min(y0, y1) - reach, picture.height()));
  const int bottom = std::min(picture.height() - 1, within(std::max(y0, y1) + reach, picture.height()));
  for (int y = top; y <= bottom; ++y) {
    for (int x = left; x <= right; ++x) {
      const double t = std::clamp(((x - x0) * dx + (y - y0) * dy) / length, 0.0, 1.0);
      const double away = std::hypot(x - x0 - t * dx, y - y0 - t * dy);
      touch(x, y, static_cast<float>(std::clamp(radius + 0.5 - away, 0.0, 1.0)));
    }
  }
}

}  // namespace

void cover_segment(Planes& cover, double x0, double y0, double x1, double y1, double radius) {
  each_covered(cover, x0, y0, x1, y1, radius, [&](int x, int y, float covered) {
    cover.at(0, y, x) = std::max(cover.at(0, y, x), covered);
  });
}

void paint(Planes& picture, const Planes& cover, const Colour& colour, float opacity) {
  const float rgb[] = {colour.r, colour.g, colour.b};
  for (int c = 0; c < 3; ++c) {
    for (size_t i = 0; i < picture.plane_size(); ++i) {
      const float part = cover.data()[i] * opacity;
      picture.plane(c)[i] += (rgb[c] - picture.plane(c)[i]) * part;
    }
  }
}

void draw_segment(Planes& picture, double x0, double y0, double x1, double y1, double radius,
                  const Colour& colour, float opacity) {
  const float rgb[] = {colour.r, colour.g, colour.b};
  each_covered(picture, x0, y0, x1, y1, radius, [&](int x, int y, float covered) {
    for (int c = 0; c < 3; ++c) picture.at(c, y, x) += (rgb[c] - picture.at(c, y, x)) * covered * opacity;
  });
}

}  // namespace reverie
