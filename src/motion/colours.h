// A flow as a picture made for looking.
#pragma once

#include "motion/flow.h"

namespace reverie {

// [3, H, W]: direction as hue, speed as saturation, by Middlebury's wheel of colours (Baker et al. 2011);
// unknown flow is black.  largest: pixels at full colour, beyond which it is darker; 0: those of the fastest.
// Ground: what does not move is white, as in the papers, or black, where speed is brightness.
enum class FlowGround { kWhite, kBlack };
Planes flow_colours(const Flow& flow, float largest = 0, FlowGround ground = FlowGround::kWhite);

}  // namespace reverie
