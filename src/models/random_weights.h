// Weights before a training.
#pragma once

#include <cstdint>
#include <functional>

#include "models/parameters.h"

namespace reverie {

// Normal numbers of mean 0 and the deviation that is said of each slice that is no bias; biases are 0, gains
// of a normalisation (NAME.norm.weight) 1.  The same ones everywhere.
void draw_weights(Parameters& parameters, uint64_t seed,
                  const std::function<double(const ParameterSlice& slice)>& deviation);

}  // namespace reverie
