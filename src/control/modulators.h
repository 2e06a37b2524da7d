// What moves a parameter in time or over the frame, as pure functions of time.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "core/random.h"

namespace reverie {

enum class Wave { kSine, kTriangle, kSaw, kSquare, kHold, kSmooth };
enum class Ease { kStep, kLinear, kSmooth, kIn, kOut };

// The words of each enum in its order.
const std::vector<std::string>& wave_words();
const std::vector<std::string>& ease_words();

// A low-frequency oscillator: value = base + depth * wave(seconds / period + phase).
struct Lfo {
  std::string parameter;
  Wave shape = Wave::kSine;
  double period = 1;             // seconds
  double depth = 0;              // in the parameter's unit
  double phase = 0;              // 0..1 of a period
  std::vector<int> levels = {};  // empty: all
  // Of hold and smooth, from 0; nothing: from the render's seed and the LFO's place.
  std::optional<int64_t> seed = {};
};

// Values at points in time; they take the place of the base value.
struct Keyframes {
  std::string parameter;
  std::vector<double> at;                    // seconds, ascending
  std::vector<double> value;                 // as many
  std::vector<Ease> ease = {Ease::kLinear};  // one for all segments, or one for each
  bool repeat = false;  // over and over from at.front() to at.back(), at.back() being the next at.front()
  std::vector<int> levels = {};  // empty: all
};

// A picture that varies a parameter over the frame: value + depth * (2 * brightness - 1).
struct MapSpec {
  std::string parameter;
  std::string picture;  // one of generated_map_names(), "input", or a file
  double depth = 0;     // in the parameter's unit
  bool invert = false;  // dark for bright
};

// Whether a modulation of these levels moves this one.
bool covers(const std::vector<int>& levels, int level);

// A wave of period 1 at x = `turns`, -1..1; with f = x - floor(x) and r(n) = the n-th draw, -1..1:
//   sine      sin(2 pi x)
//   triangle  1 - 4 |frac(x + 1/4) - 1/2|: 0 at 0, 1 at 1/4, -1 at 3/4
//   saw       2 f - 1: rises from -1 to 1
//   square    1 in the first half, -1 in the second
//   hold      r(floor x): a new random value each period
//   smooth    r(floor x) + (r(floor x + 1) - r(floor x)) * (3 f^2 - 2 f^3): from one to the next
// The same to the bit on every machine.
double wave(Wave shape, double turns, const Random& draws);

// How far a segment has come at t of its time (0..1): step 0 until the end, linear t, smooth 3 t^2 - 2 t^3,
// in t^2 (starts slowly), out 1 - (1 - t)^2 (ends slowly).
double ease(Ease shape, double t);

// The value at a time; before the first point its value, after the last point that one's.
double keyframe_value(const Keyframes& keys, double seconds);

}  // namespace reverie
