// A small built-in font for captions.
#pragma once

#include <string_view>

#include "core/planes.h"

namespace reverie {

// Red, green and blue in 0..1.
struct Colour {
  float r = 0, g = 0, b = 0;
};

inline constexpr int kLetterAdvance = 6;  // pixels from letter to letter, at scale 1
inline constexpr int kLetterHeight = 7;   // of a capital
inline constexpr int kLetterDrop = 2;     // descent of g, p and y below the line

// Pixels from the left edge of the first letter to the right edge of the last.
int text_width(std::string_view text, int scale = 1);

// Draws one line onto a picture [3, H, W], with the upper left corner of the first letter at (x, y); what
// falls outside is clipped.  ASCII letters; any other byte is a box.
void draw_text(Planes& picture, int x, int y, std::string_view text, const Colour& colour, int scale = 1);

}  // namespace reverie
