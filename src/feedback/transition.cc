#include "feedback/transition.h"

#include <algorithm>

namespace reverie {

void Field::row(int y, int width, float* out) const {
  if (!picture) {
    std::fill(out, out + width, value);
    return;
  }
  const float* p = picture->row(0, y);
  for (int x = 0; x < width; ++x) out[x] = value + depth * (2 * p[x] - 1);
}

bool LevelTransition::moves() const {
  return !zoom.is(1) || !rotate.is(0) || !shift_x.is(0) || !shift_y.is(0) || !swirl.is(0) || !advect.is(0) ||
         mirror != Mirror::kNone || !warp_by_flow.is(0);
}

// unit: how many of the parameter's units make one unit of the field.
Field TransitionResolver::field(const ParameterValues& values, const char* name, int level, float unit) {
  Field f;
  f.value = static_cast<float>(values.number(name, level)) * unit;
  if (const Map* map = values.map(name)) {
    SizedMap& sized = maps_[name];
    if (sized.source != map->picture) {
      sized.source = map->picture;
      sized.level.clear();
      for (size_t l = 0; l < sizes_.height.size(); ++l) {
        sized.level.push_back(resize(*map->picture, sizes_.height[l], sizes_.width[l]));
      }
    }
    f.depth = static_cast<float>(map->depth) * unit;
    f.picture = &sized.level[static_cast<size_t>(level)];
  }
  return f;
}

LevelTransition TransitionResolver::resolve_level(const ParameterValues& values, int level) {
  LevelTransition t;
  const auto plain = [&](const char* name) { return field(values, name, level, 1); };
  const float samples = 1.0F / static_cast<float>(sizes_.shrink[static_cast<size_t>(level)]);
  const auto length = [&](const char* name) { return field(values, name, level, samples); };
  t.gain = plain("gain");
  t.self = plain("self");
  t.encode = plain("encode");
  t.decode = plain("decode");
  t.input = plain("input");
  t.bias = plain("bias");
  t.noise = plain("noise");
  t.sblur = plain("sblur");
  t.tblur = plain("tblur");
  t.zoom = plain("zoom");
  t.rotate = plain("rotate");
  t.shift_x = length("shift_x");
  t.shift_y = length("shift_y");
  t.swirl = plain("swirl");
  t.advect = length("advect");
  t.warp_by_flow = length("warp_by_flow");
  t.hue = plain("hue");
  t.mirror = values.choice<Mirror>("mirror", level);
  t.permute = values.integer("permute", level);
  t.trail = values.choice<Trail>("trail", level);
  t.squash = values.choice<Squash>("squash", level);
  t.pool = values.choice<Pool>("pool", level);
  t.activation = values.choice<Activation>("activation", level);
  t.home_centre = static_cast<float>(values.number("home_centre", level));
  t.home_level = static_cast<float>(values.number("home_level", level));
  t.home_rate = static_cast<float>(values.number("home_rate", level));
  return t;
}

size_t TransitionResolver::bytes() const {
  size_t sum = 0;
  for (const auto& [name, map] : maps_) {
    for (const Planes& p : map.level) sum += p.bytes();
  }
  return sum;
}

const Transition& TransitionResolver::resolve(const ParameterValues& values) {
  transition_.level.clear();
  for (size_t l = 0; l < sizes_.height.size(); ++l)
    transition_.level.push_back(resolve_level(values, static_cast<int>(l)));
  transition_.border = values.choice<Border>("border");
  transition_.sampling = values.choice<Sampling>("sampling");
  transition_.schedule = values.choice<Schedule>("schedule");
  transition_.centre_x = static_cast<float>(values.number("centre_x"));
  transition_.centre_y = static_cast<float>(values.number("centre_y"));
  transition_.segments = values.integer("segments");
  transition_.velocity = nullptr;
  transition_.stream = {};
  transition_.input_flow = nullptr;
  return transition_;
}

}  // namespace reverie
