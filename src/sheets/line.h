// Lines with smooth edges.
#pragma once

#include "core/planes.h"
#include "sheets/font.h"

namespace reverie {

// Raises the coverage of each pixel, [1, H, W] in 0..1, by the line from (x0, y0) to (x1, y1) with round
// ends; radius: half its width.  In pixels, 0 the middle of the first; what falls outside is clipped.
void cover_segment(Planes& cover, double x0, double y0, double x1, double y1, double radius);

// Mixes a colour into a picture [3, H, W] where it is covered.
void paint(Planes& picture, const Planes& cover, const Colour& colour, float opacity = 1);

// One line, straight onto a picture [3, H, W].
void draw_segment(Planes& picture, double x0, double y0, double x1, double y1, double radius,
                  const Colour& colour, float opacity = 1);

}  // namespace reverie
