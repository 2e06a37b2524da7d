#include "core/planes.h"

#include <algorithm>
#include <cmath>

namespace reverie {
namespace {

// For each output sample, the first input sample it reads and the weights from there on.
struct Taps {
  int first = 0;
  std::vector<float> weight;
};

std::vector<Taps> taps(int from, int to) {
  const double scale = static_cast<double>(from) / to;
  const double radius = std::max(1.0, scale);  // a tent: linear when enlarging, a soft box when shrinking
  std::vector<Taps> out(static_cast<size_t>(to));
  for (int i = 0; i < to; ++i) {
    const double centre = (i + 0.5) * scale - 0.5;
    const int low = static_cast<int>(std::ceil(centre - radius));
    const int high = static_cast<int>(std::floor(centre + radius));
    Taps& t = out[static_cast<size_t>(i)];
    t.first = std::clamp(low, 0, from - 1);
    const int last = std::clamp(high, 0, from - 1);
    t.weight.assign(static_cast<size_t>(last - t.first) + 1, 0.0F);
    double sum = 0;
    for (int j = low; j <= high; ++j) {
      const double w = std::max(0.0, 1.0 - std::abs(j - centre) / radius);
      t.weight[static_cast<size_t>(std::clamp(j, t.first, last) - t.first)] += static_cast<float>(w);
      sum += w;
    }
    for (float& w : t.weight) w = static_cast<float>(w / sum);
  }
  return out;
}

}  // namespace

Planes::Planes(int channels, int height, int width, float value) {
  reshape(channels, height, width);
  std::fill(data_.begin(), data_.end(), value);
}

void Planes::clear() {
  channels_ = height_ = width_ = 0;
  data_.clear();
}

void Planes::reshape(int channels, int height, int width) {
  channels_ = channels;
  height_ = height;
  width_ = width;
  data_.resize(static_cast<size_t>(channels) * plane_size());
}

Planes luma(const Planes& picture) {
  Planes out(1, picture.height(), picture.width());
  const float* r = picture.plane(0);
  const float* g = picture.plane(1);
  const float* b = picture.plane(2);
  for (size_t i = 0; i < out.plane_size(); ++i)
    out.data()[i] = 0.2126F * r[i] + 0.7152F * g[i] + 0.0722F * b[i];
  return out;
}

Planes resize(const Planes& in, int height, int width) {
  if (in.height() == height && in.width() == width) return in;
  const std::vector<Taps> across = taps(in.width(), width);
  const std::vector<Taps> down = taps(in.height(), height);
  Planes wide(in.channels(), in.height(), width);
  Planes out(in.channels(), height, width);
  for (int c = 0; c < in.channels(); ++c) {
    for (int y = 0; y < in.height(); ++y) {
      const float* from = in.row(c, y);
      float* to = wide.row(c, y);
      for (int x = 0; x < width; ++x) {
        const Taps& t = across[static_cast<size_t>(x)];
        float sum = 0;
        for (size_t k = 0; k < t.weight.size(); ++k)
          sum += t.weight[k] * from[static_cast<size_t>(t.first) + k];
        to[x] = sum;
      }
    }
    for (int y = 0; y < height; ++y) {
      const Taps& t = down[static_cast<size_t>(y)];
      float* to = out.row(c, y);
      std::fill(to, to + width, 0.0F);
      for (size_t k = 0; k < t.weight.size(); ++k) {
        const float* from = wide.row(c, t.first + static_cast<int>(k));
        for (int x = 0; x < width; ++x) to[x] += t.weight[k] * from[x];
      }
    }
  }
  return out;
}

double mean_absolute_difference(const Planes& a, const Planes& b) {
  double sum = 0;
  for (size_t i = 0; i < a.data().size(); ++i)
    sum += std::abs(static_cast<double>(a.data()[i]) - b.data()[i]);
  return a.data().empty() ? 0 : sum / static_cast<double>(a.data().size());
}

}  // namespace reverie
