#include "play/screen.h"

#include <SDL_opengl.h>

#include <algorithm>
#include <array>

namespace reverie {

void Screen::draw(int width, int height, const Viewport& at, const OutputShape& shape) const {
  glViewport(0, 0, width, height);
  glClearColor(0, 0, 0, 1);
  glClear(GL_COLOR_BUFFER_BIT);
  if (picture_.id() == 0 || at.width < 1 || at.height < 1) return;
  glViewport(at.x, at.y, at.width, at.height);
  const double wanted = shape.aspect(picture_.aspect()), window = static_cast<double>(at.width) / at.height;
  const double x = std::min(1.0, wanted / window), y = std::min(1.0, window / wanted);
  glMatrixMode(GL_PROJECTION);
  glLoadIdentity();
  glMatrixMode(GL_MODELVIEW);
  glLoadIdentity();
  glEnable(GL_TEXTURE_2D);
  glBindTexture(GL_TEXTURE_2D, picture_.id());
  glColor3f(1, 1, 1);
  const std::array<double, 4> weights = perspective(shape.corners);
  const std::array<Point, 4> source = shape.source();
  glBegin(GL_TRIANGLE_STRIP);
  for (size_t i = 0; i < 4; ++i) {
    const Point& corner = shape.corners[i];
    const double w = weights[i];
    glTexCoord2d(source[i].x, source[i].y);
    glVertex4d(w * x * (2 * corner.x - 1), w * y * (1 - 2 * corner.y), 0, w);
  }
  glEnd();
  glDisable(GL_TEXTURE_2D);
}

}  // namespace reverie
