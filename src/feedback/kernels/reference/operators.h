// The operators of the transition, one function each, as plain loops.  All process rows in parallel and give
// the same bytes for any number of threads.  Formulas and names are those of feedback_reference.py (float64).
#pragma once

#include "core/parallel.h"
#include "feedback/hourglass.h"
#include "feedback/transition.h"

namespace reverie::reference {

// n more samples on every side, by the border rule.  [C, H, W] -> [C, H + 2n, W + 2n]
Planes extend(const Planes& in, int n, Border border);

// pool(act(conv(in; We, be))): [lower, H, W] -> [upper, H / p, W / p]
Planes encode(const Planes& in, const Layer& layer, Pool pool, Activation activation, Border border,
              Threads& threads);

// act(convT(in; Wd, bd)), stride p, padding (k - p) / 2: [upper, H, W] -> [lower, H * p, W * p]
Planes decode(const Planes& in, const Layer& layer, Activation activation, Border border, Threads& threads);

// colour(warp(in)): movement, hue turn and channel permutation of one level.
Planes move_and_colour(const Planes& in, const Transition& transition, int level, int shrink,
                       Threads& threads);

// Row y of K(in), channel c: out = x + sblur * (B(x) - x), B(x) = (4x + left + right + up + down) / 8.
void blur_row(const Planes& in, int c, int y, Border border, const float* sblur, float* out);

// Keeps a sample within bounds; see enum Squash.
float squash(Squash how, float u);

}  // namespace reverie::reference
