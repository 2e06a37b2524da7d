// How the windows are drawn: a shader for the picture and one for the panels, the same in every OpenGL.
#pragma once

#include <array>

#include "play/opengl.h"

struct ImDrawData;

namespace reverie {

// Where a corner of a picture is drawn (-w..w is the whole viewport; a corner further away has a greater w),
// and what of the picture it shows.
struct DrawnCorner {
  float x = 0, y = 0, w = 1, u = 0, v = 0;
};

// For the context that is current, and as long as that.
class Drawing {
 public:
  explicit Drawing(const OpenGlKind& kind);

  void clear(int width, int height) const;  // a window of that size, which becomes black
  void picture(unsigned texture, const std::array<DrawnCorner, 4>& corners) const;
  void panels(const ImDrawData& data) const;

 private:
  unsigned picture_, panels_;  // their shaders
  int view_;                   // of the panels: scale and offset
};

}  // namespace reverie
