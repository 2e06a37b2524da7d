#include "feedback/kernels/cpu/grid.h"

#include <algorithm>

namespace reverie::cpu {
namespace {

int wrapped(int i, int n) {
  return ((i % n) + n) % n;
}

}  // namespace

Grid::Grid(int channels, int height, int width, int rim)
    : channels_(channels), height_(height), width_(width), rim_(rim) {
  pitch_ = (width + 2 * rim + kSlack - 1) / kSlack * kSlack;
  plane_pitch_ = pitch_ * (height + 2 * rim);
  size_ = static_cast<size_t>(plane_pitch_ * channels + 8 * kSlack);
  data_ = allocate_samples(size_);
  std::fill(data_.get(), data_.get() + size_, 0.0F);
}

void Grid::finish_row(int c, int y, Border border) {
  float* line = row(c, y);
  if (border == Border::kWrap && width_ >= rim_) {
    for (int i = 1; i <= rim_; ++i) {
      line[-i] = line[width_ - i];
      line[width_ - 1 + i] = line[i - 1];
    }
  } else {
    const float before = border == Border::kClamp ? line[0] : 0;
    const float after = border == Border::kClamp ? line[width_ - 1] : 0;
    for (int i = 1; i <= rim_; ++i) {
      line[-i] = border == Border::kWrap ? line[wrapped(-i, width_)] : before;
      line[width_ - 1 + i] = border == Border::kWrap ? line[(i - 1) % width_] : after;
    }
  }
  if (y < rim_ || y >= height_ - rim_ || height_ < rim_) repeat_row(c, y, border);
}

// Fills the rows of the rim that repeat row y.
void Grid::repeat_row(int c, int y, Border border) {
  const float* line = row(c, y);
  const auto repeat = [&](int to) {
    float* target = row(c, to);
    if (border == Border::kZero) {
      std::fill(target - rim_, target + width_ + rim_, 0.0F);
    } else {
      std::copy(line - rim_, line + width_ + rim_, target - rim_);
    }
  };
  if (border == Border::kWrap) {
    for (int to = y - height_; to >= -rim_; to -= height_) repeat(to);
    for (int to = y + height_; to < height_ + rim_; to += height_) repeat(to);
    return;
  }
  for (int i = 1; y == 0 && i <= rim_; ++i) repeat(-i);
  for (int i = 0; y == height_ - 1 && i < rim_; ++i) repeat(height_ + i);
}

void Grid::finish_rows(int first, int count, Border border) {
  for (int c = 0; c < channels_; ++c) {
    for (int y = first; y < first + count; ++y) finish_row(c, y, border);
  }
}

void Grid::approach(const Grid& goal, float share, int part, int parts) {
  const size_t first = size_ * static_cast<size_t>(part) / static_cast<size_t>(parts);
  const size_t end = size_ * static_cast<size_t>(part + 1) / static_cast<size_t>(parts);
  float* to = data_.get();
  const float* from = goal.data_.get();
  if (share == 1) {
    std::copy(from + first, from + end, to + first);
    return;
  }
  for (size_t i = first; i < end; ++i) to[i] += share * (from[i] - to[i]);
}

void Grid::load(const Planes& planes, Border border) {
  for (int c = 0; c < channels_; ++c) {
    for (int y = 0; y < height_; ++y) {
      std::copy(planes.row(c, y), planes.row(c, y) + width_, row(c, y));
      finish_row(c, y, border);
    }
  }
}

Planes Grid::planes(int first, int count) const {
  Planes out(count < 0 ? channels_ : count, height_, width_);
  for (int c = 0; c < out.channels(); ++c) {
    for (int y = 0; y < height_; ++y) std::copy(row(first + c, y), row(first + c, y) + width_, out.row(c, y));
  }
  return out;
}

}  // namespace reverie::cpu
