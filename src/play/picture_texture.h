// A picture where the graphics card finds it.
#pragma once

#include <cstdint>
#include <vector>

#include "core/planes.h"

namespace reverie {

// Lives as long as the window's context: the card keeps it until that goes.
class PictureTexture {
 public:
  // alone: it is drawn by itself, not among the panels, where llvmpipe of Mesa 22.3 leaves out parts of what
  // comes the faster way.
  explicit PictureTexture(bool alone = false) : alone_(alone) {}

  void show(const Planes& picture);  // [3, H, W] in 0..1
  void show(const unsigned char* rgba, int width, int height);
  void forget();                            // the card may have its memory back
  unsigned id() const { return texture_; }  // of OpenGL; 0: nothing was shown
  double aspect() const { return static_cast<double>(width_) / height_; }

 private:
  void send(const void* pixels, int width, int height, unsigned order);

  bool alone_;
  std::vector<uint32_t> pixels_;
  unsigned texture_ = 0;
  int width_ = 1, height_ = 1;
};

}  // namespace reverie
