#include "motion/arrows.h"

#include <algorithm>
#include <cmath>

#include "motion/colours.h"
#include "motion/flo.h"
#include "sheets/line.h"

namespace reverie {
namespace {

constexpr float kLeast = 0.5F;      // pixels
constexpr double kHeadTurn = 0.45;  // radians from the shaft to each side of the head

}  // namespace

void draw_arrows(Planes& picture, const Flow& flow, int step, float longer) {
  const double radius = std::max(0.5, step / 16.0);
  for (int y = step / 2; y < flow.height(); y += step) {
    for (int x = step / 2; x < flow.width(); x += step) {
      const float dx = flow.at(0, y, x);
      const float dy = flow.at(1, y, x);
      const float speed = std::hypot(dx, dy);
      if (!is_known(dx, dy) || !(speed >= kLeast)) continue;
      Flow direction(2, 1, 1);
      direction.at(0, 0, 0) = dx / speed;
      direction.at(1, 0, 0) = dy / speed;
      const Planes hue = flow_colours(direction, 1);
      const Colour colour = {hue.at(0, 0, 0), hue.at(1, 0, 0), hue.at(2, 0, 0)};
      const double tip_x = x + static_cast<double>(dx) * longer;
      const double tip_y = y + static_cast<double>(dy) * longer;
      draw_segment(picture, x, y, tip_x, tip_y, radius, colour);
      const double head = std::min(static_cast<double>(speed) * longer / 2, step / 2.0);
      const double angle = std::atan2(dy, dx);
      for (const double turn : {-kHeadTurn, kHeadTurn})
        draw_segment(picture, tip_x, tip_y, tip_x - head * std::cos(angle + turn),
                     tip_y - head * std::sin(angle + turn), radius, colour);
    }
  }
}

}  // namespace reverie
