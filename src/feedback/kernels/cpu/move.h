// Movement and colour of one level: self = colour(warp(h)).
#pragma once

#include "feedback/kernels/cpu/grid.h"
#include "feedback/transition.h"

namespace reverie::cpu {

constexpr int kMoveRim = 4;  // how far a cubic sample reads beyond the edge

// Rows first .. first + count - 1 of `out`, with their rim.  shrink: pixels per sample.
void move_and_colour(const Grid& in, const Transition& transition, int level, int shrink, int first,
                     int count, Grid& out);

}  // namespace reverie::cpu
