#include "motion/amount.h"

#include <algorithm>
#include <cmath>

#include "motion/flo.h"

namespace reverie {

MotionAmount motion_amount(const Flow& flow) {
  MotionAmount sum;
  const auto add_square = [](double& to, double v) {
    if (v > 0) to += v * v;
  };
  for (size_t i = 0; i < flow.plane_size(); ++i) {
    const float dx = flow.plane(0)[i];
    const float dy = flow.plane(1)[i];
    if (!is_known(dx, dy)) continue;
    sum.dx += dx;
    sum.dy += dy;
    add_square(sum.right, dx);
    add_square(sum.left, -dx);
    add_square(sum.down, dy);
    add_square(sum.up, -dy);
  }
  const auto n = static_cast<double>(std::max<size_t>(1, flow.plane_size()));
  MotionAmount out = {std::sqrt((sum.right + sum.left + sum.up + sum.down) / n)};
  out.right = std::sqrt(sum.right / n);
  out.left = std::sqrt(sum.left / n);
  out.up = std::sqrt(sum.up / n);
  out.down = std::sqrt(sum.down / n);
  out.dx = sum.dx / n;
  out.dy = sum.dy / n;
  return out;
}

}  // namespace reverie
