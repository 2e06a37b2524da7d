#include "core/fit.h"

#include <algorithm>
#include <cmath>
#include <cstdint>

#include "core/error.h"

namespace reverie {
namespace {

// The part of `side` in the ratio over / under to the other side, rounded.
int part(int other, int over, int under, int side) {
  return std::clamp(static_cast<int>(std::lround(static_cast<double>(other) * over / under)), 1, side);
}

Planes pad(const Planes& picture, int height, int width) {
  const bool wide =
      static_cast<int64_t>(picture.width()) * height > static_cast<int64_t>(picture.height()) * width;
  const int h = wide ? part(picture.height(), width, picture.width(), height) : height;
  const int w = wide ? width : part(picture.width(), height, picture.height(), width);
  const Planes small = resize(picture, h, w);
  Planes out(picture.channels(), height, width);
  for (int c = 0; c < out.channels(); ++c) {
    for (int y = 0; y < h; ++y)
      std::copy_n(small.row(c, y), w, out.row(c, y + (height - h) / 2) + (width - w) / 2);
  }
  return out;
}

}  // namespace

Planes cut_out(const Planes& picture, int x, int y, int width, int height) {
  Planes out(picture.channels(), height, width);
  for (int c = 0; c < out.channels(); ++c) {
    for (int row = 0; row < height; ++row) std::copy_n(picture.row(c, y + row) + x, width, out.row(c, row));
  }
  return out;
}

const std::vector<std::string>& fit_words() {
  static const std::vector<std::string> words = {"crop", "pad", "stretch"};
  return words;
}

std::string fit_word(Fit fit) {
  return fit_words()[static_cast<size_t>(fit)];
}

Fit fit_of(const std::string& word) {
  const auto it = std::find(fit_words().begin(), fit_words().end(), word);
  if (it == fit_words().end())
    throw Error("fit a picture", "'" + word + "'", "it must be crop, pad or stretch");
  return static_cast<Fit>(it - fit_words().begin());
}

Planes fit_picture(const Planes& picture, int height, int width, Fit fit) {
  if (picture.height() == height && picture.width() == width) return picture;
  if (fit == Fit::kStretch) return resize(picture, height, width);
  if (fit == Fit::kPad) return pad(picture, height, width);
  const int w = part(picture.height(), width, height, picture.width());
  const int h = part(picture.width(), height, width, picture.height());
  return resize(cut_out(picture, (picture.width() - w) / 2, (picture.height() - h) / 2, w, h), height, width);
}

}  // namespace reverie
