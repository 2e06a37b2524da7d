// How long frames take, over a whole set, in little memory.
#pragma once

#include <array>
#include <cstdint>

namespace reverie {

// Percentiles to within 1 %.
class FrameTimes {
 public:
  void add(double ms);
  // The time that `share` (0..1) of all frames do not exceed, in ms; 0 before the first.
  double percentile(double share) const;
  int64_t count() const { return count_; }

 private:
  static constexpr double kLeast = 0.01;  // ms: the first step
  static constexpr double kStep = 1.01;   // from one step to the next
  static constexpr size_t kSteps = 1600;  // up to 80 s
  std::array<int64_t, kSteps> steps_{};
  int64_t count_ = 0;
};

}  // namespace reverie
