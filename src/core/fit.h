// Fits pictures of any shape to a given one.
#pragma once

#include <string>
#include <vector>

#include "core/planes.h"

namespace reverie {

// How a picture of another shape is fitted to the requested size.
enum class Fit {
  kCrop,     // fills the frame; what sticks out on both sides is cut off
  kPad,      // shown whole, with black bars
  kStretch,  // distorted to fit
};

// "crop", "pad", "stretch", in the order of Fit.
const std::vector<std::string>& fit_words();
std::string fit_word(Fit fit);
// Error for any other word.
Fit fit_of(const std::string& word);

// The rectangle of width x height at (x, y), which must lie within the picture; [C, height, width].
Planes cut_out(const Planes& picture, int x, int y, int width, int height);

// The picture at height x width; both at least 1.
Planes fit_picture(const Planes& picture, int height, int width, Fit fit);

}  // namespace reverie
