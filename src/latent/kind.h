// What is known of the effect `latent` without LibTorch.
#pragma once

#include "core/effect_kind.h"

namespace reverie {

inline constexpr int kCodeGroups = 4;  // parameters group1..group4

enum class LatentPath { kSpherical, kStraight };

ParameterTable latent_parameters();
EffectKind latent_effect();

}  // namespace reverie
