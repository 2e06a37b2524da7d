#include "media/even_rate.h"

#include <algorithm>
#include <cmath>

#include "core/limits.h"

namespace reverie::ffmpeg {
namespace {

size_t lost_at(const std::vector<double>& times, double start, double fps) {
  size_t lost = 0;
  for (size_t i = 1; i < times.size(); ++i) {
    const int64_t slot = slot_of(times[i], start, fps);
    if (slot > 0 && slot == slot_of(times[i - 1], start, fps)) ++lost;
  }
  return lost;
}

}  // namespace

int64_t slot_of(double time, double start, double fps) {
  constexpr double kHair = 1e-6;  // a tie must not depend on the last bit
  const double slot = std::floor((time - start) * fps + 0.5 + kHair);
  return static_cast<int64_t>(std::clamp(slot, -1e15, 1e15));
}

EvenRate even_rate(const std::vector<double>& times, double start, double header) {
  EvenRate best = {header, lost_at(times, start, header)};
  if (best.lost == 0) return best;
  std::vector<double> rates = {10,  12,  12.5, 15,  20,  24,  25,  30,  48,         50,  60,
                               72,  75,  90,   100, 120, 144, 150, 200, 240,        250, 300,
                               333, 400, 480,  500, 600, 720, 800, 960, kHighestFps};
  for (int n = 2; n <= 16; ++n) rates.push_back(n * header);
  std::sort(rates.begin(), rates.end());
  for (const double rate : rates) {
    if (rate <= header || rate > kHighestFps) continue;
    const EvenRate candidate = {rate, lost_at(times, start, rate)};
    if (candidate.lost < best.lost) best = candidate;
    if (best.lost == 0) break;
  }
  return best;
}

}  // namespace reverie::ffmpeg
