// Statistics of frame times over a whole set, in little memory.
#pragma once

#include <array>
#include <cstdint>

namespace reverie {

// Percentiles to within 1 %.
class FrameTimes {
 public:
  void add(double ms);
  // The time, in ms, that a share of `share` (0..1) of all frames does not exceed; 0 before the first.
  double percentile(double share) const;
  int64_t count() const { return count_; }

 private:
  static constexpr double kLeast = 0.01;  // ms: the first bucket
  static constexpr double kStep = 1.01;   // ratio between buckets
  static constexpr size_t kSteps = 1600;  // up to 80 s
  std::array<int64_t, kSteps> steps_{};
  int64_t count_ = 0;
};

}  // namespace reverie
