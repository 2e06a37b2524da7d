// The effect `watch`: passes the picture through, and tells by signals what it shows.
#pragma once

#include "core/effect.h"

namespace reverie {

std::unique_ptr<Effect> make_watch(const EffectSetup& setup, const ParameterValues& values);

}  // namespace reverie
