// Signed values as colours: 0 is always the neutral middle.
#pragma once

#include <span>

#include "core/planes.h"
#include "sheets/font.h"

namespace reverie {

// t in -1..1 (clipped; NaN is the middle): blue below, light grey at 0, red above, of equal lightness at
// equal distance.  Interpolates the table "smooth cool warm" of K.  Moreland, "Diverging Color Maps for
// Scientific Visualization", ISVC 2009.
Colour cool_warm(float t);

// One channel of values [C, H, W] in the colours of cool_warm over -limit..limit; [3, H, W].
Planes diverging(const Planes& values, int channel, float limit);

// One channel as grey: 0 is mid grey, -limit black, limit white; [1, H, W].
Planes signed_grey(const Planes& values, int channel, float limit);

// Three channels, starting at `first`, as red, green and blue of a picture [3, H, W], with 0 in the middle;
// missing channels are 0.
Planes signed_colour(const Planes& values, int first, float limit);

// The magnitude that a share of `share` of the values do not exceed: a limit that a few outliers do not
// spoil. 1 if all values are 0 or NaN.
float signed_limit(std::span<const float> values, double share = 0.995);

// A cool_warm bar with its numbers, to put under a sheet; [3, 30, width].
Planes colour_bar(float limit, int width, const Colour& ground, const Colour& ink);

}  // namespace reverie
