#include "sound/tempo.h"

#include <algorithm>
#include <cmath>

namespace reverie {
namespace {

constexpr double kForget = 1 - 1 / 800.0;  // per hop: a memory of 8 s
constexpr int64_t kFirstEstimate = 400;    // hops: four slow beats must have been heard
constexpr int64_t kEstimateEvery = 10;     // hops
constexpr double kLeastFit = 0.15;         // of strengths in time; noise reaches half of it
constexpr double kUsualTempo = 120;
constexpr double kSwitch = 1.15;  // another tempo must fit this much better than the best near the last one
constexpr double kNear = 0.04;
constexpr double kSlowestLock = 0.1;  // the smallest share of the error that an onset corrects

// Most music is around 120 (Ellis, "Beat Tracking by Dynamic Programming", 2007); half and double of it are
// equally far away.
double likelihood(double bpm) {
  const double far = bpm / kUsualTempo - kUsualTempo / bpm;
  return 1 / (1 + 0.2 * far * far);
}

}  // namespace

void Tempo::push(double strength, bool onset) {
  // over three hops, so that an onset between two hops matches its counterparts
  correlate((before_that_ + 2 * before_ + strength) / 4);
  before_that_ = before_;
  before_ = strength;
  if (++hops_ >= kFirstEstimate && hops_ % kEstimateEvery == 0) estimate();
  advance(onset);
}

void Tempo::correlate(double strength) {
  place_ = (place_ + 1) % recent_.size();
  recent_[place_] = strength;
  for (size_t lag = 0; lag < products_.size(); ++lag) {
    const double then = recent_[(place_ + recent_.size() - lag) % recent_.size()];
    products_[lag] = products_[lag] * kForget + strength * then;
  }
  sum_ = sum_ * kForget + strength;
  weight_ = weight_ * kForget + 1;
}

// -1..1; lag in hops, within kLags - 1.
double Tempo::correlation(double lag) const {
  const double mean = sum_ / weight_;
  const double variance = products_[0] / weight_ - mean * mean;
  if (!(variance > 1e-7)) return 0;
  const auto i = static_cast<size_t>(lag);
  const double f = lag - static_cast<double>(i);
  const double product = products_[i] + (products_[i + 1] - products_[i]) * f;
  return (product / weight_ - mean * mean) / variance;
}

// How well the strengths repeat with each of the last beats.  If something repeats in half the time as well,
// that is the better tempo.
double Tempo::fit(double bpm) const {
  const double lag = 60 / (bpm * kHop);
  double sum = 0;
  for (int tooth = 1; tooth <= kTeeth; ++tooth) sum += correlation(tooth * lag) / kTeeth;
  return sum - 0.25 * std::max(0.0, correlation(lag / 2));
}

void Tempo::estimate() {
  double best = 0, best_bpm = 0, near = 0, near_bpm = 0;
  for (int step = 0; step < kSteps; ++step) {
    const double bpm = kSlowest + 0.5 * step;
    const double score = fit(bpm) * likelihood(bpm);
    if (score > best) best = score, best_bpm = bpm;
    if (known_ && std::abs(bpm / bpm_ - 1) < kNear && score > near) near = score, near_bpm = bpm;
  }
  if (best_bpm == 0 || fit(best_bpm) < kLeastFit) return;  // keep the last one
  const bool other = best > kSwitch * near;
  if (other) locked_ = 0;
  bpm_ = other ? best_bpm : near_bpm;
  known_ = true;
}

// A phase-locked loop: each onset pulls the nearest whole beat towards itself, those half a beat away the
// least.
void Tempo::advance(bool onset) {
  const double step = (known_ ? bpm_ : kUsualTempo) / 60 * kHop;
  if (onset) {
    const double phase = beats_ + owed_;
    const double error = std::round(phase) - phase;  // -1/2..1/2
    const double pull = std::max(kSlowestLock, 1.0 / (locked_ + 1));
    owed_ += error * pull * (locked_ > 0 ? 1 - 2 * std::abs(error) : 1);
    ++locked_;
  }
  const double move = std::clamp(owed_, -step / 2, step / 2);
  owed_ -= move;
  beats_ += step + move;
}

}  // namespace reverie
