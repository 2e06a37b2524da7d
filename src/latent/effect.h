// The effect `latent`: plays the decoder of a variational autoencoder along a walk through its codes.
#pragma once

#include "core/effect.h"

namespace reverie {

std::unique_ptr<Effect> make_latent(const EffectSetup& setup, const ParameterValues& values);

}  // namespace reverie
