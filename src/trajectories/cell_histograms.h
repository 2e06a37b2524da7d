// Histograms of gradients and of motion in the cells around a point of one frame.
#pragma once

#include <array>
#include <vector>

#include "core/planes.h"
#include "motion/flow.h"

namespace reverie {

// The channels of a trajectory's descriptor that are histograms (Wang et al. 2011).
enum class CellChannel { kHog, kHof, kMbhX, kMbhY };
inline constexpr std::array<int, 4> kCellBins = {8, 9, 8, 8};
inline constexpr int kCellsAcross = 2;     // of a patch, and as many down
inline constexpr int kPatchSide = 32;      // pixels
inline constexpr float kLeastFlow = 0.4F;  // pixels: below that, HOF's ninth direction: none
inline constexpr int kCellValues = (8 + 9 + 8 + 8) * kCellsAcross * kCellsAcross;

// Sums over the cells of a patch around (x, y), by channel, then cell by row and column, then bin.
using CellSums = std::array<float, kCellValues>;

// Of one frame: its grey picture, 0..255, and its flow, [2, H, W] of the same size.  Each pixel votes for the
// two nearest of 8 directions with the size of its gradient (HOG; central differences, the edge continued),
// of its motion (HOF), or of the gradient of one component of its motion (MBH).
class CellHistograms {
 public:
  CellHistograms(const Planes& grey, const Flow& flow);
  // The patch is moved into the picture where it would reach beyond it.
  CellSums around(float x, float y) const;

 private:
  static constexpr int kBins = 8 + 9 + 8 + 8;
  const double* sums(int y, int x) const {
    return sums_.data() +
           (static_cast<size_t>(y) * static_cast<size_t>(width_ + 1) + static_cast<size_t>(x)) * kBins;
  }

  int height_, width_;
  std::vector<double> sums_;  // [H + 1, W + 1, kBins]: over all pixels above and to the left
};

}  // namespace reverie
