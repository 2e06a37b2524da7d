// What playing feedback costs: operations, traffic and memory.
#pragma once

#include "core/effect_kind.h"

namespace reverie {

// In the mean over the frames of a cycle: plain convolutions, and one reading and writing of the state.
EffectWork feedback_work(const EffectSetup& setup, const ParameterValues& values);

// Plays until every level steps, and tells what is then held.
std::vector<MemoryShare> feedback_memory(const EffectSetup& setup, const ParameterValues& values,
                                         bool has_picture);

}  // namespace reverie
