#include "trajectories/cell_histograms.h"

#include <algorithm>
#include <cmath>
#include <numbers>

namespace reverie {
namespace {

constexpr int kDirections = 8;

// A vote of this size for the two directions nearest to that of (x, y).
void vote(double x, double y, double size, double* bins) {
  if (!(size > 0)) return;
  const double turns = std::atan2(y, x) / (2 * std::numbers::pi);
  const double place = (turns < 0 ? turns + 1 : turns) * kDirections;
  const int first = static_cast<int>(place);
  const double share = place - first;
  bins[first % kDirections] += size * (1 - share);
  bins[(first + 1) % kDirections] += size * share;
}

// Votes with the gradient of a plane.
void vote_gradient(const float* plane, int height, int width, int y, int x, double* bins) {
  const auto at = [&](int v, int u) {
    v = std::clamp(v, 0, height - 1);
    u = std::clamp(u, 0, width - 1);
    return static_cast<double>(
        plane[static_cast<size_t>(v) * static_cast<size_t>(width) + static_cast<size_t>(u)]);
  };
  const double gx = (at(y, x + 1) - at(y, x - 1)) / 2;
  const double gy = (at(y + 1, x) - at(y - 1, x)) / 2;
  vote(gx, gy, std::sqrt(gx * gx + gy * gy), bins);
}

}  // namespace

CellHistograms::CellHistograms(const Planes& grey, const Flow& flow)
    : height_(grey.height()),
      width_(grey.width()),
      sums_(static_cast<size_t>(height_ + 1) * static_cast<size_t>(width_ + 1) * kBins) {
  std::array<double, kBins> row{};
  std::array<double, kBins> here{};
  const auto pitch = static_cast<size_t>(width_ + 1) * kBins;
  for (int y = 0; y < height_; ++y) {
    row.fill(0);
    double* out = sums_.data() + static_cast<size_t>(y + 1) * pitch + kBins;
    for (int x = 0; x < width_; ++x, out += kBins) {
      here.fill(0);
      vote_gradient(grey.plane(0), height_, width_, y, x, here.data());
      const double dx = flow.at(0, y, x);
      const double dy = flow.at(1, y, x);
      const double speed = std::sqrt(dx * dx + dy * dy);
      if (speed <= kLeastFlow)
        here[8 + kDirections] = 1;
      else
        vote(dx, dy, speed, here.data() + 8);
      vote_gradient(flow.plane(0), height_, width_, y, x, here.data() + 17);
      vote_gradient(flow.plane(1), height_, width_, y, x, here.data() + 25);
      for (size_t b = 0; b < kBins; ++b) {
        row[b] += here[b];
        out[b] = row[b] + *(out + b - pitch);
      }
    }
  }
}

CellSums CellHistograms::around(float x, float y) const {
  const auto first = [](float v, int n) {
    return std::clamp(static_cast<int>(std::lround(v)) - kPatchSide / 2, 0, std::max(0, n - kPatchSide));
  };
  const int left = first(x, width_);
  const int top = first(y, height_);
  constexpr int kCell = kPatchSide / kCellsAcross;
  CellSums out{};
  size_t channel_start = 0;
  int bin_start = 0;
  for (const int bins : kCellBins) {
    for (int j = 0; j < kCellsAcross; ++j) {
      for (int i = 0; i < kCellsAcross; ++i) {
        const int x0 = std::min(width_, left + i * kCell);
        const int x1 = std::min(width_, left + (i + 1) * kCell);
        const int y0 = std::min(height_, top + j * kCell);
        const int y1 = std::min(height_, top + (j + 1) * kCell);
        for (int b = 0; b < bins; ++b) {
          const auto at = [&](int v, int u) { return sums(v, u)[bin_start + b]; };
          out[channel_start++] = static_cast<float>(at(y1, x1) - at(y0, x1) - at(y1, x0) + at(y0, x0));
        }
      }
    }
    bin_start += bins;
  }
  return out;
}

}  // namespace reverie
