#include "sound/onsets.h"

#include <algorithm>
#include <cmath>

namespace reverie {
namespace {

constexpr double kLowest = 40, kHighest = 12000;  // Hz
constexpr double kLeastFlux = 0.01;  // nothing below is an onset: noise 60 dB below full scale stays under it
constexpr double kOverMedian = 2;    // an onset's flux is this many times the median ...
constexpr double kOfMaximum = 0.15;  // ... and above that, this share of the recent maximum
constexpr double kForget = 1 - 1 / 500.0;  // of the maximum, per hop: it adapts within 5 s
constexpr int kQuietHops = 6;              // 60 ms: one drum hit is one onset

}  // namespace

Onsets::Onsets(double bin_hz) {
  for (size_t b = 0; b <= kBands; ++b) {
    const double share = static_cast<double>(b) / kBands;
    const auto bin = static_cast<size_t>(kLowest * std::pow(kHighest / kLowest, share) / bin_hz);
    edges_[b] = b == 0 ? std::max<size_t>(bin, 1) : std::max(bin, edges_[b - 1] + 1);  // at least one bin
  }
}

// Square roots of amplitudes stand for loudness: a soft hit counts next to a loud one.
double Onsets::flux_of(std::span<const float> power) {
  double flux = 0;
  for (size_t b = 0; b < kBands; ++b) {
    double sum = 0;
    for (size_t i = edges_[b]; i < std::min(edges_[b + 1], power.size()); ++i) sum += power[i];
    const double loudness = std::sqrt(std::sqrt(sum));
    flux += std::max(0.0, loudness - last_[b]);
    last_[b] = loudness;
  }
  return flux / kBands;
}

double Onsets::median() const {
  std::array<double, kMedianHops> sorted = recent_;
  const auto middle = sorted.begin() + kMedianHops / 2;
  std::nth_element(sorted.begin(), middle, sorted.end());
  return *middle;
}

bool Onsets::push(std::span<const float> power) {
  const double flux = flux_of(power);
  const double usual = median();
  const double threshold = std::max(kLeastFlux, kOverMedian * usual + kOfMaximum * maximum_);
  recent_[place_] = flux;
  place_ = (place_ + 1) % kMedianHops;
  maximum_ = std::max(flux, maximum_ * kForget);
  strength_ = flux < kLeastFlux ? 0 : std::max(0.0, flux - usual) / maximum_;
  if (quiet_hops_ > 0) --quiet_hops_;
  if (flux < threshold || quiet_hops_ > 0) return false;
  quiet_hops_ = kQuietHops;
  return true;
}

}  // namespace reverie
