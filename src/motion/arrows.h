// A flow as arrows over a picture.
#pragma once

#include "motion/flow.h"

namespace reverie {

// Draws an arrow onto picture [3, H, W] in the middle of every `step` x `step` pixels of a flow [2, H, W] of
// its size: from where things are to where they go, `longer` times as long, in the colour of its direction
// (flow_colours()).  Nothing is drawn where the flow is unknown or below half a pixel.
void draw_arrows(Planes& picture, const Flow& flow, int step, float longer = 1);

}  // namespace reverie
