#include "core/control_range.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

namespace reverie {
namespace {

constexpr double kWide = 16;                // from this range on, what is even would be too coarse
constexpr double kHalfNotch = 0.505 / 127;  // some position of 7 bits always lies within

Curve curve_of(double low, double high) {
  if (std::abs(high - low) <= kWide) return Curve::kLinear;
  return std::min(low, high) > 0 ? Curve::kLog : Curve::kFine;
}

}  // namespace

const std::vector<std::string>& curve_words() {
  static const std::vector<std::string> words = {"linear", "fine", "log"};
  return words;
}

ControlRange::ControlRange(const Parameter& p, const ControlWishes& wishes)
    : low_(std::clamp(wishes.low.value_or(p.soft_low), p.low, p.high)),
      high_(std::clamp(wishes.high.value_or(p.soft_high), p.low, p.high)) {
  if (p.kind != ParameterKind::kNumber) return;
  curve_ = wishes.curve.value_or(curve_of(low_, high_));
  if (std::min(low_, high_) <= 0 && curve_ == Curve::kLog) curve_ = Curve::kFine;
  const double usual = p.initial.front();
  if (low_ == high_ || plain_at(0) == usual || plain_at(1) == usual) return;
  if (usual < std::min(low_, high_) || usual > std::max(low_, high_)) return;
  place_ = plain_share(usual);
  if (place_ > kHalfNotch && place_ < 1 - kHalfNotch) notch_ = usual;
}

double ControlRange::plain_at(double share) const {
  if (share <= 0) return low_;
  if (share >= 1) return high_;
  if (curve_ == Curve::kLog) return low_ * std::pow(high_ / low_, share);
  if (curve_ == Curve::kLinear) return low_ + share * (high_ - low_);
  const double root = std::cbrt(low_) + share * (std::cbrt(high_) - std::cbrt(low_));
  return root * root * root;
}

double ControlRange::plain_share(double value) const {
  if (low_ == high_) return 0;
  double share = 0;
  if (curve_ == Curve::kLog) {
    share = value > 0 ? std::log(value / low_) / std::log(high_ / low_) : low_ < high_ ? 0 : 1;
  } else if (curve_ == Curve::kLinear) {
    share = (value - low_) / (high_ - low_);
  } else {
    share = (std::cbrt(value) - std::cbrt(low_)) / (std::cbrt(high_) - std::cbrt(low_));
  }
  return std::clamp(share, 0.0, 1.0);
}

// What lies on either side of the notch is moved together: nothing jumps at its edges, and nothing is lost.
double ControlRange::at(double share) const {
  if (!notch_) return plain_at(share);
  if (std::abs(share - place_) <= kHalfNotch) return *notch_;
  if (share < place_) return plain_at(share * place_ / (place_ - kHalfNotch));
  return plain_at(1 - (1 - share) * (1 - place_) / (1 - place_ - kHalfNotch));
}

double ControlRange::share(double value) const {
  if (!notch_) return plain_share(value);
  if (value == *notch_) return place_;
  const double plain = plain_share(value);
  if (plain < place_) return plain * (place_ - kHalfNotch) / place_;
  return 1 - (1 - plain) * (1 - place_ - kHalfNotch) / (1 - place_);
}

std::string value_word(const Parameter& p, double value) {
  if (p.kind == ParameterKind::kChoice) return p.choices[static_cast<size_t>(value)];
  if (p.kind == ParameterKind::kFlag) return value != 0 ? "on" : "off";
  return fmt::format("{}", value);
}

std::string word_at(const Parameter& p, double share, const ControlWishes& wishes) {
  double value = ControlRange(p, wishes).at(share);
  if (p.kind != ParameterKind::kNumber) value = std::round(value);
  return value_word(p, std::clamp(value, p.low, p.high));
}

}  // namespace reverie
