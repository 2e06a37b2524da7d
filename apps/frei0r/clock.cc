#include "clock.h"

#include <array>
#include <cmath>

namespace reverie {
namespace {

constexpr double kSame = 2e-6;  // seconds: hosts that count in microseconds are understood
// frei0r counts seconds, and ffmpeg counts milliseconds: no frame lasts so long
constexpr double kLongestStep = 5, kMilliseconds = 1000;
constexpr std::array kRates = {30.0, 25.0,           24.0, 30000.0 / 1001, 24000.0 / 1001, 60.0,
                               50.0, 60000.0 / 1001, 12.0, 15.0,           10.0,           48.0,
                               90.0, 72.0,           75.0, 100.0,          120.0};

double nearest(double seconds, double rate) {
  return std::round(seconds * rate) / rate;
}

}  // namespace

double HostClock::seconds(double told) {
  if (!started_) {
    started_ = true;
    rate_ = 0;
    unit_ = 1;
    first_ = told;
  }
  last_ = told;
  if (rate_ == 0 && told > first_) {
    const double step = told - first_;
    if (step > kLongestStep) unit_ = kMilliseconds;
    for (const double rate : kRates) {
      if (rate_ == 0 && std::abs(step / unit_ - 1 / rate) < kSame) rate_ = rate;
    }
  }
  const double since = (told - first_) / unit_;
  if (rate_ > 0 && std::abs(since - nearest(since, rate_)) < kSame) return nearest(since, rate_);
  return since;
}

}  // namespace reverie
