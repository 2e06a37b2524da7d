// What is known of the effect `watch` without LibTorch.
#pragma once

#include "core/effect_kind.h"

namespace reverie {

ParameterTable watch_parameters();
EffectKind watch_effect();

}  // namespace reverie
