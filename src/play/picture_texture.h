// A picture where the graphics card finds it.
#pragma once

#include <vector>

#include "core/planes.h"

namespace reverie {

// Lives as long as the window's context: the card keeps it until that goes.
class PictureTexture {
 public:
  void show(const Planes& picture);         // [3, H, W] in 0..1
  void forget();                            // the card may have its memory back
  unsigned id() const { return texture_; }  // of OpenGL; 0: nothing was shown
  double aspect() const { return aspect_; }

 private:
  std::vector<unsigned char> pixels_;
  unsigned texture_ = 0;
  double aspect_ = 1;
};

}  // namespace reverie
