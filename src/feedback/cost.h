// What playing feedback costs: operations, traffic and memory.
#pragma once

#include "core/effect_kind.h"
#include "feedback/kernels/kernel.h"

namespace reverie {

// In the mean over the frames of a cycle: plain convolutions, and one reading and writing of the state.
EffectWork feedback_work(const EffectSetup& setup, const ParameterValues& values);

// What the frames of an hourglass over that many pixels will hold, about, before anything of it is taken.
double feedback_bytes(const Hourglass& glass, int height, int width, const ParameterValues& values);

// Plays until every level steps, and tells what is then held.
std::vector<MemoryShare> feedback_memory(const EffectSetup& setup, const ParameterValues& values,
                                         bool has_picture);

// The pieces of one frame's work on a card, each with the median of its times over some frames; in the order
// of the frame.  None for kernels that are no list of pieces.
std::vector<Dispatch> feedback_dispatches(const EffectSetup& setup, const ParameterValues& values,
                                          bool has_picture);

}  // namespace reverie
