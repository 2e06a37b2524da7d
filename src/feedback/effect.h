// Feature feedback as an effect for the frame loop.
#pragma once

#include "core/effect_kind.h"

namespace reverie {

// Source: video feedback x_t = f(x_{t-1}) extended over the levels of a convolutional pooling autoencoder
// (2015).  Making one: Error when the weights cannot be read or do not fit the fixed parameters.
EffectKind feedback_effect();

}  // namespace reverie
