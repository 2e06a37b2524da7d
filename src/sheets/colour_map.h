// Signed values as colours: 0 is always the neutral middle.
#pragma once

#include <span>

#include "core/planes.h"
#include "sheets/font.h"

namespace reverie {

// t in -1..1 (clipped; what is no number is the middle): blue below, light grey at 0, red above, of equal
// lightness at equal distance.  The table of K. Moreland, "Diverging Color Maps for Scientific
// Visualization", ISVC 2009, "smooth cool warm", interpolated.
Colour cool_warm(float t);

// One channel of values [C, H, W] in the colours of cool_warm, -limit..limit; [3, H, W].
Planes diverging(const Planes& values, int channel, float limit);

// One channel as grey: 0 is mid grey, -limit black, limit white; [1, H, W].
Planes signed_grey(const Planes& values, int channel, float limit);

// Three channels from `first` on as red, green and blue of a picture [3, H, W], 0 mid; channels past the last
// are 0.
Planes signed_colour(const Planes& values, int first, float limit);

// The magnitude that `share` of the values do not exceed: a limit that a few outliers do not spoil.  1 where
// all values are 0 or no numbers.
float signed_limit(std::span<const float> values, double share = 0.995);

// A bar of cool_warm with its numbers, for under a sheet; [3, 30, width].
Planes colour_bar(float limit, int width, const Colour& ground, const Colour& ink);

}  // namespace reverie
