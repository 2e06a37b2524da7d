// The motion of the camera, as far as one plane shows it.
#pragma once

#include "motion/flow.h"

namespace reverie {

// What a camera that moved would make of a flow [2, H, W], as a flow of the same shape: that of the
// homography that fits the flow at most points of `structure` [1, H, W], where that is above 0 (RANSAC; Wang
// and Schmid 2013).  Zero where none fits enough points.  The same flow gives the same result.
Flow camera_flow(const Flow& flow, const Planes& structure);

}  // namespace reverie
