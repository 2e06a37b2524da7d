// The spectrum of a picture: how natural its structure is.
#pragma once

#include "core/planes.h"

namespace reverie {

struct PictureSpectrum {
  double slope = 0;  // of the power over the frequency, both logarithmic; pictures of nature: -1.8 to -3
  double grid = 0;   // power at the highest frequencies over that trend; above 1.5: a checkerboard
  double grain = 0;  // log2 of the mean frequency in cycles a side, weighted by amplitude
};

// Of the brightness of the middle square, in a Hann window.  Made smaller to `side` where it is larger; never
// enlarged, which would leave nothing at the highest frequencies.
PictureSpectrum spectrum_of(const Planes& picture, int side = 256);

}  // namespace reverie
