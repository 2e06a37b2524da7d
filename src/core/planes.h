// Planes of samples: a picture, a level's state, a map.
#pragma once

#include <cstddef>
#include <vector>

namespace reverie {

// [C, H, W] samples of 32-bit float, rows without padding.  A picture is three planes R, G, B in 0..1, as on
// screen (not linear light); a level's state is C_l planes around -1..1.
class Planes {
 public:
  Planes() = default;
  Planes(int channels, int height, int width, float value = 0.0F);

  int channels() const { return channels_; }
  int height() const { return height_; }
  int width() const { return width_; }
  size_t plane_size() const { return static_cast<size_t>(height_) * static_cast<size_t>(width_); }
  bool empty() const { return data_.empty(); }
  size_t bytes() const { return data_.capacity() * sizeof(float); }
  bool same_shape(const Planes& o) const {
    return channels_ == o.channels_ && height_ == o.height_ && width_ == o.width_;
  }

  // Changes the shape; the samples are undefined afterwards unless the shape is the same.
  void reshape(int channels, int height, int width);
  // Makes it empty but keeps its memory for the next shape, whose samples start at 0.
  void clear();

  float* plane(int c) { return data_.data() + static_cast<size_t>(c) * plane_size(); }
  const float* plane(int c) const { return data_.data() + static_cast<size_t>(c) * plane_size(); }
  float* row(int c, int y) { return plane(c) + static_cast<size_t>(y) * static_cast<size_t>(width_); }
  const float* row(int c, int y) const {
    return plane(c) + static_cast<size_t>(y) * static_cast<size_t>(width_);
  }
  float& at(int c, int y, int x) { return row(c, y)[x]; }
  float at(int c, int y, int x) const { return row(c, y)[x]; }

  std::vector<float>& data() { return data_; }
  const std::vector<float>& data() const { return data_; }

 private:
  int channels_ = 0, height_ = 0, width_ = 0;
  std::vector<float> data_;
};

// Brightness of a picture as one plane, 0..1 (BT.709 weights).
Planes luma(const Planes& picture);

// Resamples every plane to height x width: box average when shrinking, linear when enlarging.
Planes resize(const Planes& in, int height, int width);

// Mean absolute difference over all samples; both must have the same shape.
double mean_absolute_difference(const Planes& a, const Planes& b);

}  // namespace reverie
