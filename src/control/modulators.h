// What moves a parameter in time, with the sound or over the frame.  All except the follower are pure
// functions of time.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "core/random.h"
#include "core/signals.h"

namespace reverie {

enum class Wave { kSine, kTriangle, kSaw, kSquare, kHold, kSmooth };
enum class Ease { kStep, kLinear, kSmooth, kIn, kOut };
enum class SoundFeature { kLevel, kBass, kMid, kTreble, kOnset };

// The words of each enum, in order.
const std::vector<std::string>& wave_words();
const std::vector<std::string>& ease_words();
const std::vector<std::string>& sound_feature_words();

// A low-frequency oscillator: value = base + depth * wave(x + phase), x = seconds / period or, with beats,
// x = the signals' beats / beats.
struct Lfo {
  std::string parameter;
  Wave shape = Wave::kSine;
  double period = 1;                 // seconds
  std::optional<double> beats = {};  // the period in beats; then the one in seconds is ignored
  double depth = 0;                  // in the parameter's unit
  double phase = 0;                  // 0..1 of a period
  std::vector<int> levels = {};      // empty: all
  // For hold and smooth, from 0; nothing: from the render's seed and the LFO's index.
  std::optional<int64_t> seed = {};
};

// An envelope follower: value = base + depth * e, e going after a feature of the sound or a signal (0..1).
// Rising it has come about 2/3 of the way after `attack`, falling after `release`.
struct Follower {
  std::string parameter;
  SoundFeature follows = SoundFeature::kLevel;
  std::string signal = {};       // of a part, "PART.NAME": followed in place of the sound; empty: the sound
  double depth = 0;              // in the parameter's unit
  double attack = 0;             // seconds; 0: immediately
  double release = 0.2;          // seconds; 0: immediately
  std::vector<int> levels = {};  // empty: all
};

// Values at points in time; they replace the base value.
struct Keyframes {
  std::string parameter;
  std::vector<double> at;                    // seconds, ascending
  std::vector<double> value;                 // the same number
  std::vector<Ease> ease = {Ease::kLinear};  // one for all segments, or one per segment
  bool repeat = false;           // loops from at.front() to at.back(), where at.back() is the next at.front()
  std::vector<int> levels = {};  // empty: all
};

// A picture that varies a parameter over the frame: value + depth * (2 * brightness - 1).
struct MapSpec {
  std::string parameter;
  std::string picture;  // one of generated_map_names(), "input", or a file
  double depth = 0;     // in the parameter's unit
  bool invert = false;  // swap dark and bright
};

// Whether a modulation of these levels affects this one.
bool covers(const std::vector<int>& levels, int level);

// A wave of period 1 at x = `turns`, -1..1; with f = x - floor(x) and r(n) = the n-th draw, -1..1:
//   sine      sin(2 pi x)
//   triangle  1 - 4 |frac(x + 1/4) - 1/2|: 0 at 0, 1 at 1/4, -1 at 3/4
//   saw       2 f - 1: rises from -1 to 1
//   square    1 in the first half, -1 in the second
//   hold      r(floor x): a new random value each period
//   smooth    r(floor x) + (r(floor x + 1) - r(floor x)) * (3 f^2 - 2 f^3): from one to the next
// The same bits on every machine.
double wave(Wave shape, double turns, const Random& draws);

// Signals that parts gave last, by "PART.NAME", 0..1.
using ToldSignals = std::map<std::string, double, std::less<>>;

// What the follower goes after, kept in 0..1; 0 where it is no number or nobody gives it.
double value_of(const Signals& signals, const ToldSignals& told, const Follower& follower);

// e of a follower after `elapsed` seconds in which the feature was `target`:
// e + (target - e) * elapsed / (time + elapsed), with time the attack or the release.
// The backward Euler step of a first-order low-pass: never overshoots, and gives the same bits on every
// machine.
double follow(const Follower& follower, double e, double target, double elapsed);

// Progress of a segment at t of its time (0..1): step 0 until the end, linear t, smooth 3 t^2 - 2 t^3, in t^2
// (starts slowly), out 1 - (1 - t)^2 (ends slowly).
double ease(Ease shape, double t);

// The value at a time; constant before the first and after the last point.
double keyframe_value(const Keyframes& keys, double seconds);

}  // namespace reverie
