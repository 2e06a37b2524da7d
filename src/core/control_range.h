// What a control without units (a slider, a knob, a fader) does to a parameter: its range, and how the values
// are spread over the control's way.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "core/parameter.h"

namespace reverie {

// kLinear: evenly; kFine: finer towards zero, by the third power; kLog: by ratios, for values above zero.
enum class Curve { kLinear, kFine, kLog };
const std::vector<std::string>& curve_words();

// What is asked for in place of a parameter's own, as far as its range allows.
struct ControlWishes {
  std::optional<double> low, high;  // high below low: the control acts the other way round
  std::optional<Curve> curve;

  bool operator==(const ControlWishes&) const = default;
};

class ControlRange {
 public:
  // The parameter's playable range, with a curve where that is wide, and a notch at the default.
  explicit ControlRange(const Parameter& p, const ControlWishes& wishes = {});

  double low() const { return low_; }
  double high() const { return high_; }
  // The value at a share of the way, 0..1; within the notch exactly the default.
  double at(double share) const;
  // The share at which a value is met; 0 or 1 for what lies outside.
  double share(double value) const;

 private:
  double plain_at(double share) const;
  double plain_share(double value) const;

  double low_, high_;
  Curve curve_ = Curve::kLinear;
  std::optional<double> notch_;  // the value
  double place_ = 0;             // ... and its share
};

// A parameter's value as a command line gives it: choices and flags by their words.
std::string value_word(const Parameter& p, double value);

// The value at a share of a control's way, 0..1, as value_word(): what counts in whole numbers is rounded.
// Not for texts.
std::string word_at(const Parameter& p, double share, const ControlWishes& wishes = {});

}  // namespace reverie
