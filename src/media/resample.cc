#include "media/resample.h"

#include <algorithm>
#include <cmath>

namespace reverie::ffmpeg {
namespace {

double cubic(double x) {
  x = std::abs(x);
  if (x < 1) return (1.5 * x - 2.5) * x * x + 1;
  if (x < 2) return ((-0.5 * x + 2.5) * x - 4) * x + 2;
  return 0;
}

void resample_row(const float* in, const Axis& axis, float* out) {
  const int taps = axis.taps();
  for (int i = 0; i < axis.to(); ++i) {
    const float* from = in + axis.begin(i);
    const float* w = axis.weights(i);
    float sum = 0;
    for (int k = 0; k < taps; ++k) sum += w[k] * from[k];
    out[i] = sum;
  }
}

}  // namespace

Axis::Axis(int from, int to, double first, double step) : to_(to) {
  identity_ = from == to && first == 0 && step == 1;
  if (identity_) return;
  const double widen = std::max(1.0, step);
  const double radius = 2 * widen;
  taps_ = std::min(from, static_cast<int>(std::ceil(2 * radius)) + 1);
  begin_.resize(static_cast<size_t>(to));
  weights_.assign(static_cast<size_t>(to) * static_cast<size_t>(taps_), 0.0F);
  for (int i = 0; i < to; ++i) {
    const double centre = first + i * step;
    const int low = static_cast<int>(std::ceil(centre - radius));
    const int high = static_cast<int>(std::floor(centre + radius));
    const int begin = std::clamp(low, 0, from - taps_);
    begin_[static_cast<size_t>(i)] = begin;
    float* w = &weights_[static_cast<size_t>(i) * static_cast<size_t>(taps_)];
    double sum = 0;
    for (int j = low; j <= high; ++j) sum += cubic((j - centre) / widen);
    for (int j = low; j <= high; ++j) {
      // Never outside begin .. begin + taps - 1: taps covers low..high wherever they lie inside
      const int at = std::clamp(std::clamp(j, 0, from - 1) - begin, 0, taps_ - 1);
      w[at] += static_cast<float>(cubic((j - centre) / widen) / sum);
    }
  }
}

void resample(const std::vector<float>& in, int width, const Axis& across, const Axis& down,
              std::vector<float>& room, std::vector<float>& out) {
  const auto to = static_cast<size_t>(across.to());
  const int height = static_cast<int>(in.size() / static_cast<size_t>(width));
  const std::vector<float>* wide = &in;
  if (!across.identity()) {
    room.resize(static_cast<size_t>(height) * to);
    for (int y = 0; y < height; ++y) {
      resample_row(&in[static_cast<size_t>(y) * static_cast<size_t>(width)], across,
                   &room[static_cast<size_t>(y) * to]);
    }
    wide = &room;
  }
  if (down.identity()) {
    out = *wide;
    return;
  }
  out.assign(static_cast<size_t>(down.to()) * to, 0.0F);
  for (int y = 0; y < down.to(); ++y) {
    float* row = &out[static_cast<size_t>(y) * to];
    for (int k = 0; k < down.taps(); ++k) {
      const float w = down.weights(y)[k];
      if (w == 0) continue;
      const float* from = &(*wide)[static_cast<size_t>(down.begin(y) + k) * to];
      for (size_t x = 0; x < to; ++x) row[x] += w * from[x];
    }
  }
}

}  // namespace reverie::ffmpeg
