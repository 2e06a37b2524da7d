// Carrying pictures along a flow, and where that can be trusted.
#pragma once

#include "core/parallel.h"
#include "motion/flow.h"

namespace reverie {

// out(p) = picture(p + flow(p)), linear between samples; beyond the edges is the edge.  picture: [C, H, W];
// flow: [2, H, W], from the picture that is made to `picture`.  out must be another one.  Error for different
// sizes.
void warp(const Planes& picture, const Flow& flow, Planes& out, Threads& threads);

// Where a flow can be trusted, [1, H, W]: 1 surely, 0 where what is seen is hidden in the other picture or
// beyond its edges, and at boundaries of motion.
//
// flow: from the picture of the mask to the other; back: from the other to this.  Seen in both
// (Sundaram, Brox, Keutzer 2010):  |f + b(p + f)|^2 < 0.01 (|f|^2 + |b|^2) + 0.5,
// no boundary of motion (Ruder, Dosovitskiy, Brox 2016):  |grad u|^2 + |grad v|^2 < 0.01 |f|^2 + 0.002;
// instead of a step, the mask falls from 1 at half of these limits to 0 at one and a half.
Planes consistency(const Flow& flow, const Flow& back, Threads& threads);

}  // namespace reverie
