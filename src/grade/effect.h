// Colour, geometry and fade: what a picture gets last.
#pragma once

#include "core/effect_kind.h"

namespace reverie {

EffectKind grade_effect();

}  // namespace reverie
