#include "motion/colours.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <numbers>

#include "motion/flo.h"

namespace reverie {
namespace {

using Colour = std::array<float, 3>;

// Steps from each corner of the wheel to the next, finer where the eye tells more hues apart.
std::vector<Colour> make_wheel() {
  struct Arc {
    int steps;
    Colour from, to;
  };
  const Colour red = {1, 0, 0};
  const Colour yellow = {1, 1, 0};
  const Colour green = {0, 1, 0};
  const Colour cyan = {0, 1, 1};
  const Colour blue = {0, 0, 1};
  const Colour magenta = {1, 0, 1};
  std::vector<Colour> wheel;
  for (const Arc& arc : {Arc{15, red, yellow},
                         {6, yellow, green},
                         {4, green, cyan},
                         {11, cyan, blue},
                         {13, blue, magenta},
                         {6, magenta, red}}) {
    for (int i = 0; i < arc.steps; ++i) {
      const float share = static_cast<float>(i) / static_cast<float>(arc.steps);
      Colour c = {};
      for (size_t k = 0; k < c.size(); ++k) c[k] = arc.from[k] + share * (arc.to[k] - arc.from[k]);
      wheel.push_back(c);
    }
  }
  return wheel;
}

// x, y: in units of the largest speed.
Colour colour_of(float x, float y, FlowGround ground) {
  static const std::vector<Colour> wheel = make_wheel();
  const float speed = std::hypot(x, y);
  const float turn = (std::atan2(-y, -x) / std::numbers::pi_v<float> + 1) / 2;  // 0..1
  const float place = turn * static_cast<float>(wheel.size() - 1);
  const auto first = static_cast<size_t>(place);
  const float share = place - static_cast<float>(first);
  Colour c = {};
  for (size_t k = 0; k < c.size(); ++k) {
    const float from = wheel[first][k];
    const float hue = from + share * (wheel[(first + 1) % wheel.size()][k] - from);
    const float still = ground == FlowGround::kWhite ? 1 : 0;
    c[k] = speed <= 1 ? still + speed * (hue - still) : (still > 0 ? 0.75F : 1.0F) * hue;
  }
  return c;
}

}  // namespace

Planes flow_colours(const Flow& flow, float largest, FlowGround ground) {
  const float* dx = flow.plane(0);
  const float* dy = flow.plane(1);
  if (!(largest > 0)) {
    largest = 1e-6F;
    for (size_t i = 0; i < flow.plane_size(); ++i) {
      if (is_known(dx[i], dy[i])) largest = std::max(largest, std::hypot(dx[i], dy[i]));
    }
  }
  Planes out(3, flow.height(), flow.width());
  for (size_t i = 0; i < flow.plane_size(); ++i) {
    if (!is_known(dx[i], dy[i])) continue;
    const Colour c = colour_of(dx[i] / largest, dy[i] / largest, ground);
    for (int k = 0; k < 3; ++k) out.plane(k)[i] = c[static_cast<size_t>(k)];
  }
  return out;
}

}  // namespace reverie
