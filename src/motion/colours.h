// A flow as a picture made for looking.
#pragma once

#include "motion/flow.h"

namespace reverie {

// [3, H, W]: direction as hue, speed as saturation, by Middlebury's wheel of colours (Baker et al. 2011);
// unknown flow is black.  largest: pixels at full colour, beyond which it is darker; 0: those of the fastest.
Planes flow_colours(const Flow& flow, float largest = 0);

}  // namespace reverie
