// What `grade` does to the place of things in a picture.
#pragma once

#include "core/parallel.h"
#include "core/parameter.h"
#include "core/planes.h"

namespace reverie {

// The picture is cropped to a window that fills the frame, flipped, folded at its middle by the mirror, then
// enlarged and turned about the middle and shifted.
class Geometry {
 public:
  Geometry(const ParameterValues& values, int width, int height);

  bool changes_nothing() const { return nothing_; }
  // in, out: [3, H, W] of the frame's size; linear between samples.
  void apply(const Planes& in, Planes& out, Threads& threads) const;

 private:
  enum class Border { kBlack, kClamp, kWrap, kMirror };

  // Where the middle of output pixel (x, y) comes from, in samples of the input.
  void source_of(int x, int y, double& sx, double& sy) const;

  int width_, height_;
  double left_, top_, across_, down_;  // the crop's window, in widths and heights
  bool flip_x_, flip_y_, mirror_x_, mirror_y_;
  double cos_, sin_;  // of the turn, over the zoom
  double shift_x_, shift_y_;
  Border border_;
  bool nothing_ = false;
};

}  // namespace reverie
