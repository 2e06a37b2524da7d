// The effect `mogrify`: carries a style onto the picture that comes in.
//
// The commands of 2017 (Sunside's vae-style-transfer), for grids of codes with Huang and Belongie's exchange
// of statistics (2017).
#pragma once

#include "core/effect.h"

namespace reverie {

std::unique_ptr<Effect> make_mogrify(const EffectSetup& setup, const ParameterValues& values);

}  // namespace reverie
