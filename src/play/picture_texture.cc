#include "play/picture_texture.h"

#include <SDL_opengl.h>

#include <algorithm>
#include <cmath>

namespace reverie {
namespace {

unsigned char byte(float v) {
  return static_cast<unsigned char>(std::lround(255 * std::clamp(v, 0.0F, 1.0F)));
}

}  // namespace

void PictureTexture::show(const Planes& picture) {
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

void PictureTexture::forget() {
  if (texture_ != 0) glDeleteTextures(1, &texture_);
  texture_ = 0;
}

}  // namespace reverie
