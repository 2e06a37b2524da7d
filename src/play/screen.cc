#include "play/screen.h"

#include <SDL_opengl.h>

#include <algorithm>
#include <array>

namespace reverie {

void Screen::draw(const Drawing& with, int width, int height, const Viewport& at,
                  const OutputShape& shape) const {
  with.clear(width, height);
  if (picture_.id() == 0 || at.width < 1 || at.height < 1) return;
  glViewport(at.x, at.y, at.width, at.height);
  const double wanted = shape.aspect(picture_.aspect()), window = static_cast<double>(at.width) / at.height;
  const double x = std::min(1.0, wanted / window), y = std::min(1.0, window / wanted);
  const std::array<double, 4> weights = perspective(shape.corners);
  const std::array<Point, 4> source = shape.source();
  std::array<DrawnCorner, 4> corners;
  for (size_t i = 0; i < 4; ++i) {
    const Point& corner = shape.corners[i];
    const double w = weights[i];
    corners[i].x = static_cast<float>(w * x * (2 * corner.x - 1));
    corners[i].y = static_cast<float>(w * y * (1 - 2 * corner.y));
    corners[i].w = static_cast<float>(w);
    corners[i].u = static_cast<float>(source[i].x);
    corners[i].v = static_cast<float>(source[i].y);
  }
  with.picture(picture_.id(), corners);
}

}  // namespace reverie
