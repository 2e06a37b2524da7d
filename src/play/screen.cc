#include "play/screen.h"

#include <algorithm>
#include <cmath>

namespace reverie {
namespace {

unsigned char byte(float v) {
  return static_cast<unsigned char>(std::lround(255 * std::clamp(v, 0.0F, 1.0F)));
}

}  // namespace

void Screen::show(const Planes& picture) {
  pixels_.resize(3 * picture.plane_size());
  const float* r = picture.plane(0);
  const float* g = picture.plane(1);
  const float* b = picture.plane(2);
  for (size_t i = 0; i < picture.plane_size(); ++i) {
    pixels_[3 * i] = byte(r[i]);
    pixels_[3 * i + 1] = byte(g[i]);
    pixels_[3 * i + 2] = byte(b[i]);
  }
  if (texture_ == 0) glGenTextures(1, &texture_);
  glBindTexture(GL_TEXTURE_2D, texture_);
  glTexParameteri(GL_TEXTURE_2D, GL_TEXTURE_MIN_FILTER, GL_LINEAR);
  glTexParameteri(GL_TEXTURE_2D, GL_TEXTURE_MAG_FILTER, GL_LINEAR);
  glTexParameteri(GL_TEXTURE_2D, GL_TEXTURE_WRAP_S, GL_CLAMP_TO_EDGE);
  glTexParameteri(GL_TEXTURE_2D, GL_TEXTURE_WRAP_T, GL_CLAMP_TO_EDGE);
  glPixelStorei(GL_UNPACK_ALIGNMENT, 1);
  glTexImage2D(GL_TEXTURE_2D, 0, GL_RGB, picture.width(), picture.height(), 0, GL_RGB, GL_UNSIGNED_BYTE,
               pixels_.data());
  aspect_ = static_cast<double>(picture.width()) / picture.height();
}

void Screen::draw(int width, int height, const Viewport& at, const OutputShape& shape) const {
  glViewport(0, 0, width, height);
  glClearColor(0, 0, 0, 1);
  glClear(GL_COLOR_BUFFER_BIT);
  if (texture_ == 0 || at.width < 1 || at.height < 1) return;
  glViewport(at.x, at.y, at.width, at.height);
  const double wanted = shape.aspect(aspect_), window = static_cast<double>(at.width) / at.height;
  const double x = std::min(1.0, wanted / window), y = std::min(1.0, window / wanted);
  glMatrixMode(GL_PROJECTION);
  glLoadIdentity();
  glMatrixMode(GL_MODELVIEW);
  glLoadIdentity();
  glEnable(GL_TEXTURE_2D);
  glBindTexture(GL_TEXTURE_2D, texture_);
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
