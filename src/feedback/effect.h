// Feature feedback as an effect for the frame loop.
#pragma once

#include <memory>

#include "core/effect.h"

namespace reverie {

// Source: video feedback x_t = f(x_{t-1}) extended to the levels of a convolutional pooling autoencoder
// (2015).  Error if the weights cannot be read or do not match the fixed parameters.
std::unique_ptr<Effect> make_feedback_effect(const EffectSetup& setup, const ParameterValues& values);

}  // namespace reverie
