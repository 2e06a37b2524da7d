// The engine's picture on a screen: turned, cropped and bent as the display asks for, on black.
#pragma once

#include "core/planes.h"
#include "play/drawing.h"
#include "play/output_shape.h"
#include "play/picture_texture.h"

namespace reverie {

// A rectangle of a window, in pixels from its lower left corner.
struct Viewport {
  int x = 0, y = 0, width = 0, height = 0;
};

class Screen {
 public:
  void show(const Planes& picture) { picture_.show(picture); }  // [3, H, W] in 0..1
  // Clears the window, of this size, and draws what was shown last, as large as it fits in its own aspect
  // ratio.
  void draw(const Drawing& with, int width, int height, const Viewport& at, const OutputShape& shape) const;
  double aspect() const { return picture_.aspect(); }

 private:
  PictureTexture picture_{true};
};

}  // namespace reverie
