// How much a flow moves, and where to.
#pragma once

#include "motion/flow.h"

namespace reverie {

// Lengths in pixels.
struct MotionAmount {
  double rms = 0;                                // of all speeds: a small thing that moves fast counts
  double right = 0, left = 0, up = 0, down = 0;  // the same of the parts of each that go this way
  double dx = 0, dy = 0;                         // the mean
};

// Of a flow [2, H, W]; what is unknown does not move.  Sums are added in the order of the rows.
MotionAmount motion_amount(const Flow& flow);

}  // namespace reverie
