#include "control/modulators.h"

#include <algorithm>
#include <cmath>
#include <numbers>

namespace reverie {
namespace {

double fraction(double x) {
  return x - std::floor(x);
}

double smoothstep(double t) {
  return t * t * (3 - 2 * t);
}

// sin(2 pi x) using only sums and products: std::sin may differ by a bit between two C libraries or two CPUs,
// and then a render could not be repeated exactly.
double sine_of_turns(double x) {
  const double f = fraction(x);
  const double quarter = f < 0.25 ? f : f < 0.75 ? 0.5 - f : f - 1;  // same sine, -1/4..1/4 turn
  const double a = 2 * std::numbers::pi * quarter;
  double sum = 1;  // Taylor by Horner: 1 - a^2/(2*3) (1 - a^2/(4*5) (...)), error under 1e-15
  for (int n = 20; n >= 2; n -= 2) sum = 1 - a * a / (n * (n + 1)) * sum;
  return std::clamp(a * sum, -1.0, 1.0);
}

// The number of the period, kept where a double counts without gaps.
uint64_t period_number(double turns) {
  return static_cast<uint64_t>(static_cast<int64_t>(std::fmod(std::floor(turns), 0x1p53)));
}

}  // namespace

const std::vector<std::string>& wave_words() {
  static const std::vector<std::string> words = {"sine", "triangle", "saw", "square", "hold", "smooth"};
  return words;
}

const std::vector<std::string>& ease_words() {
  static const std::vector<std::string> words = {"step", "linear", "smooth", "in", "out"};
  return words;
}

const std::vector<std::string>& sound_feature_words() {
  static const std::vector<std::string> words = {"level", "bass", "mid", "treble", "onset"};
  return words;
}

bool covers(const std::vector<int>& levels, int level) {
  return levels.empty() || std::find(levels.begin(), levels.end(), level) != levels.end();
}

double wave(Wave shape, double turns, const Random& draws) {
  const double f = fraction(turns);
  switch (shape) {
    case Wave::kSine:
      return sine_of_turns(turns);
    case Wave::kTriangle:
      return 1 - 4 * std::abs(fraction(turns + 0.25) - 0.5);
    case Wave::kSaw:
      return 2 * f - 1;
    case Wave::kSquare:
      return f < 0.5 ? 1 : -1;
    case Wave::kHold:
      return draws.signed_at(period_number(turns));
    case Wave::kSmooth:
      break;
  }
  const double from = draws.signed_at(period_number(turns));
  const double to = draws.signed_at(period_number(turns) + 1);
  return from + (to - from) * smoothstep(f);
}

double value_of(const Signals& signals, const ToldSignals& told, const Follower& follower) {
  if (!follower.signal.empty()) {
    const auto it = told.find(follower.signal);
    return it == told.end() ? 0 : it->second;
  }
  const float all[] = {signals.level, signals.bass, signals.mid, signals.treble, signals.onset};
  const double v = all[static_cast<size_t>(follower.follows)];
  return v > 0 ? std::min(v, 1.0) : 0;
}

double follow(const Follower& follower, double e, double target, double elapsed) {
  const double time = target > e ? follower.attack : follower.release;
  return time > 0 ? e + (target - e) * (elapsed / (time + elapsed)) : target;
}

double ease(Ease shape, double t) {
  switch (shape) {
    case Ease::kStep:
      return t < 1 ? 0 : 1;
    case Ease::kLinear:
      return t;
    case Ease::kSmooth:
      return smoothstep(t);
    case Ease::kIn:
      return t * t;
    case Ease::kOut:
      break;
  }
  return 1 - (1 - t) * (1 - t);
}

double keyframe_value(const Keyframes& keys, double seconds) {
  const double first = keys.at.front();
  const double span = keys.at.back() - first;
  double t = seconds;
  if (keys.repeat && span > 0) {
    const double into = std::fmod(seconds - first, span);  // exact, unlike a division
    t = first + (into < 0 ? into + span : into);
  }
  if (t <= first) return keys.value.front();
  if (t >= keys.at.back()) return keys.value.back();
  const auto next = std::upper_bound(keys.at.begin(), keys.at.end(), t);
  const auto i = static_cast<size_t>(next - keys.at.begin()) - 1;
  const Ease shape = keys.ease[keys.ease.size() == 1 ? 0 : i];
  const double done = ease(shape, (t - keys.at[i]) / (keys.at[i + 1] - keys.at[i]));
  return keys.value[i] + (keys.value[i + 1] - keys.value[i]) * done;
}

}  // namespace reverie
