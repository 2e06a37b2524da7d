// What the machine sees move: the input's flow as a picture and as signals.
#pragma once

#include "core/effect_kind.h"

namespace reverie {

EffectKind flow_view_effect();

}  // namespace reverie
