#include "play/picture_texture.h"

#include <SDL_opengl.h>

#include <algorithm>
#include <bit>
#include <string_view>

namespace reverie {
namespace {

// At 2^23 the last bit of a float counts ones; integers can be clamped several at a time, where floats need a
// branch that keeps their exceptions.
constexpr float kOnes = 0x1p23F;
constexpr int kZero = std::bit_cast<int>(kOnes);

uint32_t byte(float v) {
  return static_cast<uint32_t>(std::clamp(std::bit_cast<int>(255 * v + kOnes), kZero, kZero + 255) - kZero);
}

// Blue before red is what graphics cards keep, and what Mesa's software driver is several times as fast with;
// ES need not know it.
unsigned byte_order() {
  const auto* version = reinterpret_cast<const char*>(glGetString(GL_VERSION));
  const bool es = version == nullptr || std::string_view(version).starts_with("OpenGL ES");
  return es ? GL_RGBA : GL_BGRA;
}

}  // namespace

void PictureTexture::show(const Planes& picture) {
  static_assert(std::endian::native == std::endian::little);
  pixels_.resize(picture.plane_size());
  const unsigned order = alone_ ? byte_order() : GL_RGBA;
  const float* first = picture.plane(order == GL_BGRA ? 2 : 0);
  const float* second = picture.plane(1);
  const float* third = picture.plane(order == GL_BGRA ? 0 : 2);
  uint32_t* to = pixels_.data();
  for (size_t i = 0, n = pixels_.size(); i < n; ++i)
    to[i] = byte(first[i]) | byte(second[i]) << 8U | byte(third[i]) << 16U | 0xff000000U;
  send(to, picture.width(), picture.height(), order);
}

void PictureTexture::show(const unsigned char* rgba, int width, int height) {
  send(rgba, width, height, GL_RGBA);
}

void PictureTexture::send(const void* pixels, int width, int height, unsigned order) {
  const bool same = texture_ != 0 && width == width_ && height == height_;
  if (texture_ == 0) glGenTextures(1, &texture_);
  glBindTexture(GL_TEXTURE_2D, texture_);
  if (same) {
    glTexSubImage2D(GL_TEXTURE_2D, 0, 0, 0, width, height, order, GL_UNSIGNED_BYTE, pixels);
    return;
  }
  glTexParameteri(GL_TEXTURE_2D, GL_TEXTURE_MIN_FILTER, GL_LINEAR);
  glTexParameteri(GL_TEXTURE_2D, GL_TEXTURE_MAG_FILTER, GL_LINEAR);
  glTexParameteri(GL_TEXTURE_2D, GL_TEXTURE_WRAP_S, GL_CLAMP_TO_EDGE);
  glTexParameteri(GL_TEXTURE_2D, GL_TEXTURE_WRAP_T, GL_CLAMP_TO_EDGE);
  glTexImage2D(GL_TEXTURE_2D, 0, GL_RGBA, width, height, 0, order, GL_UNSIGNED_BYTE, pixels);
  width_ = width;
  height_ = height;
}

void PictureTexture::forget() {
  if (texture_ != 0) glDeleteTextures(1, &texture_);
  texture_ = 0;
}

}  // namespace reverie
