// A small built-in font for captions.
#pragma once

#include <string_view>
#include <vector>

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

// The same letters as a pen would write them: lines between the middles of their dots, for large captions. In
// dots, x to the right and y downwards from the upper left corner of the first letter, whose advance is
// kLetterAdvance.  A line of no length is a dot.
struct PenLine {
  float x1 = 0, y1 = 0, x2 = 0, y2 = 0;
};
std::vector<PenLine> pen_lines(std::string_view text);

// How much a round pen covers of each dot, [H, W] of mask's only plane: the larger of what is there and the
// line's share, 0..1.  All in pixels; width: of the line.
void draw_pen_line(Planes& mask, const PenLine& line, float width);

}  // namespace reverie
