// The parameters of one frame's transition, resolved for every level: the input of a kernel.
#pragma once

#include <array>
#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "core/parameter.h"
#include "core/planes.h"
#include "feedback/parameters.h"

namespace reverie {

// A parameter over the samples of one level: one value, or a value and a map.
struct Field {
  float value = 0;
  float depth = 0;
  const Planes* picture = nullptr;  // [1, H_l, W_l] in 0..1, or null

  bool is(float v) const { return picture == nullptr && value == v; }
  float at(int y, int x) const { return picture ? value + depth * (2 * picture->at(0, y, x) - 1) : value; }
  // Writes row y of the field to out[0..width).
  void row(int y, int width, float* out) const;
};

struct LevelTransition {
  Field gain, self, encode, decode, input, bias, noise, sblur, tblur;
  Field zoom, rotate, shift_x, shift_y, swirl, advect,
      hue;             // angles in degrees, lengths in samples of this level
  Field warp_by_flow;  // samples of this level for each pixel of the flow
  Mirror mirror = Mirror::kNone;
  int permute = 0;
  Trail trail = Trail::kState;
  Squash squash = Squash::kTanh;
  Pool pool = Pool::kMax;                     // up to level l + 1
  Activation activation = Activation::kTanh;  // both directions between l and l + 1
  float home_centre = 0, home_level = 0.4F, home_rate = 0;

  static constexpr size_t kFields = 17;
  std::array<Field*, kFields> fields() {
    return {&gain, &self,   &encode,  &decode,  &input, &bias,   &noise, &sblur,       &tblur,
            &zoom, &rotate, &shift_x, &shift_y, &swirl, &advect, &hue,   &warp_by_flow};
  }

  bool moves() const;
  bool colours() const { return !hue.is(0) || permute != 0; }
};

// The stream function of the flow that advects (flow.h): a channel of a level as shown before the step.
struct Stream {
  int level = -1;  // < 0: there is no such flow
  int channel = 0;
  float smooth = 0;  // samples of the level

  bool flows() const { return level >= 0; }
};

struct Transition {
  std::vector<LevelTransition> level;
  Border border = Border::kWrap;
  Sampling sampling = Sampling::kLinear;
  Schedule schedule = Schedule::kEvery;    // always the same for one kernel
  float centre_x = 0.5F, centre_y = 0.5F;  // of the movement, in widths and heights
  int segments = 6;
  int64_t frame = 0;                 // for error messages
  const Planes* velocity = nullptr;  // [2, H, W] of level 0: x, y of a flow of RMS 1; null without advection,
                                     // and where the kernel makes it from the stream
  Stream stream;
  const Planes* input_flow =
      nullptr;  // [2, H, W] of level 0: what is at p of the input was at p + flow(p); or null
};

// Sizes of the levels, including padding: level l is height(l) x width(l).
struct LevelSizes {
  std::vector<int> height, width, shrink;
};

// Resolves the values of one frame.  Keeps the maps, resampled for each level, between frames.
class TransitionResolver {
 public:
  explicit TransitionResolver(LevelSizes sizes) : sizes_(std::move(sizes)) {}
  // The result points into this object: valid until the next call.
  const Transition& resolve(const ParameterValues& values);

  size_t bytes() const;  // of the maps

 private:
  struct SizedMap {
    std::shared_ptr<const Planes> source;
    std::vector<Planes> level;
  };
  Field field(const ParameterValues& values, const char* name, int level, float unit);
  LevelTransition resolve_level(const ParameterValues& values, int level);

  LevelSizes sizes_;
  std::map<std::string, SizedMap> maps_;  // by parameter
  Transition transition_;
};

}  // namespace reverie
