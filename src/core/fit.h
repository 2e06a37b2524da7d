// Pictures of any shape brought to one.
#pragma once

#include <string>
#include <vector>

#include "core/planes.h"

namespace reverie {

// How a picture of another shape is brought to the wanted size.
enum class Fit {
  kCrop,     // fills the frame, what sticks out is cut off on both sides
  kPad,      // is wholly seen, black beside it
  kStretch,  // is distorted
};

// "crop", "pad", "stretch", in the order of Fit.
const std::vector<std::string>& fit_words();
std::string fit_word(Fit fit);
// Error for any other word.
Fit fit_of(const std::string& word);

// The rectangle of width x height at (x, y), all of it within the picture; [C, height, width].
Planes cut_out(const Planes& picture, int x, int y, int width, int height);

// The picture at height x width; sides of at least 1.
Planes fit_picture(const Planes& picture, int height, int width, Fit fit);

}  // namespace reverie
