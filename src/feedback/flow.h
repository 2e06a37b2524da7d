// The flow that advects the picture: computed from the picture's own features and divergence-free, so that
// nothing piles up.
#pragma once

#include "core/parallel.h"
#include "core/planes.h"
#include "feedback/kernels/kernel.h"

namespace reverie {

// channel: [1, h, w], the stream function psi.  It is smoothed by a Gaussian of standard deviation `smooth`
// (in its samples), enlarged with cubic B-splines to height x width (multiples of h and w), then v = (d psi /
// dy, -d psi / dx), scaled to RMS 1. wraps: whether the edges meet.  Returns [2, height, width]: x and y of v
// in pixels.
Planes stream_velocity(const Planes& channel, float smooth, int height, int width, bool wraps,
                       Threads& threads);

// That of the transition's stream, from what the kernel shows.
Planes stream_velocity(const Kernel& kernel, const Transition& transition, const LevelSizes& sizes,
                       Threads& threads);

}  // namespace reverie
