#include "pipeline/frame_times.h"

#include <algorithm>
#include <cmath>

namespace reverie {

void FrameTimes::add(double ms) {
  const double step = ms > kLeast ? std::log(ms / kLeast) / std::log(kStep) : 0;
  ++steps_[static_cast<size_t>(std::clamp(step, 0.0, static_cast<double>(kSteps - 1)))];
  ++count_;
}

double FrameTimes::percentile(double share) const {
  const auto wanted = static_cast<int64_t>(std::ceil(share * static_cast<double>(count_)));
  int64_t seen = 0;
  for (size_t i = 0; i < kSteps; ++i) {
    seen += steps_[i];
    if (seen >= std::max<int64_t>(wanted, 1)) return kLeast * std::pow(kStep, static_cast<double>(i) + 0.5);
  }
  return 0;
}

}  // namespace reverie
