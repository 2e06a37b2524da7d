// Planes with a rim: the fast kernel's storage of levels.
#pragma once

#include <cstddef>

#include "core/planes.h"
#include "feedback/kernels/cpu/memory.h"
#include "feedback/parameters.h"

namespace reverie::cpu {

// The number of samples in the longest vector: rows may be read this far beyond their end.
constexpr int kSlack = 16;

// [C, H, W] samples; each plane has `rim` more samples on every side, filled by the border rule, so that
// filters need no special case at the edges (the trick; it costs a few copied rows).  Rows start on 64-byte
// boundaries, no further apart than their samples and rims require: at 400x400 a sixth less time than with
// room to write beyond their ends.
class Grid {
 public:
  Grid() = default;
  // rim: 0..kSlack.  All samples start at 0.
  Grid(int channels, int height, int width, int rim);

  int channels() const { return channels_; }
  int height() const { return height_; }
  int width() const { return width_; }
  bool empty() const { return channels_ == 0; }

  size_t bytes() const { return size_ * sizeof(float); }

  // Distance between two rows and between two planes, in samples.
  ptrdiff_t pitch() const { return pitch_; }
  ptrdiff_t plane_pitch() const { return plane_pitch_; }

  // Sample 0 of row y, -rim <= y < height + rim.
  float* row(int c, int y) { return data_.get() + at(c, y); }
  const float* row(int c, int y) const { return data_.get() + at(c, y); }

  // Fills the part of the rim that repeats row y.  Rows of one plane may be finished by different threads.
  void finish_row(int c, int y, Border border);
  // The same for rows first .. first + count - 1 of all planes.
  void finish_rows(int first, int count, Border border);

  // this += share * (goal - this), including rims: the part-th of `parts` pieces of all samples.  Both must
  // have the same shape.
  void approach(const Grid& goal, float share, int part, int parts);

  void load(const Planes& planes, Border border);
  Planes planes(int first = 0, int count = -1) const;

 private:
  void repeat_row(int c, int y, Border border);
  ptrdiff_t at(int c, int y) const { return c * plane_pitch_ + (y + rim_) * pitch_ + kSlack; }

  int channels_ = 0, height_ = 0, width_ = 0, rim_ = 0;
  ptrdiff_t pitch_ = 0, plane_pitch_ = 0;
  size_t size_ = 0;
  Samples data_;
};

}  // namespace reverie::cpu
