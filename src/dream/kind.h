// What is known of the effect `dream` without LibTorch.
#pragma once

#include "core/effect_kind.h"

namespace reverie {

EffectKind dream_effect();

}  // namespace reverie
