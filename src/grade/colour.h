// What `grade` does to the colours of a picture.
#pragma once

#include <array>
#include <vector>

#include "core/parallel.h"
#include "core/parameter.h"
#include "core/planes.h"

namespace reverie {

// For each pixel, in this order:
//   v = (v - 1/2) * contrast + 1/2 + brightness, kept in 0..1
//   v = v^(1 / gamma)
//   v = M v: the hue turned about the grey axis, then the distance from the brightness times saturation
//   v = v + tint * (brightness of v * the tint's colour - v)
//   v = v * (1 - fade), kept in 0..1
class Colours {
 public:
  explicit Colours(const ParameterValues& values);

  bool change_nothing() const { return nothing_; }
  // picture: [3, H, W] in 0..1.
  void apply(Planes& picture, Threads& threads) const;

 private:
  float contrast_ = 1, brightness_ = 0, fade_ = 0;
  std::vector<float> curve_;     // of gamma, over 0..1; empty: none
  std::array<float, 9> matrix_;  // of hue, saturation and tint
  bool nothing_ = true, mixes_ = false;
};

}  // namespace reverie
