// Where each sample of a moved level comes from, and its value there.
#pragma once

#include "feedback/transition.h"

namespace reverie {

// Source positions of row y of a level: x and y in samples, 0 = centre of the first one.  Each place p of the
// level is
//   read at  centre + R(-rotate - swirl(r)) fold(p - centre) / zoom - shift - advect * v(p) + warp_by_flow *
//   flow(p)
// width x height: the level's; shrink: pixels per sample.
void warp_row(const Transition& t, int level, int height, int width, int shrink, int y, float* source_x,
              float* source_y);

// Samples a plane at fractional positions; the border rule applies beyond the edge.
class Sampler {
 public:
  Sampler(int height, int width, Border border, Sampling sampling)
      : height_(height), width_(width), border_(border), sampling_(sampling) {}
  // out[i] = plane at (source_x[i], source_y[i]), i < width.
  void row(const float* plane, const float* source_x, const float* source_y, float* out) const;

 private:
  float nearest(const float* plane, float x, float y) const;
  float linear(const float* plane, float x, float y) const;
  float cubic(const float* plane, float x, float y) const;
  float fetch(const float* plane, int x, int y) const;

  int height_, width_;
  Border border_;
  Sampling sampling_;
};

}  // namespace reverie
