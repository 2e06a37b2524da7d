// The effect `mogrify`: carries a style onto the picture that comes in.
//
// sunsided/vae-style-transfer (2017), and for grids of codes Huang and Belongie's exchange
// of statistics (2017).
#pragma once

#include "core/effect.h"

namespace reverie {

std::unique_ptr<Effect> make_mogrify(const EffectSetup& setup, const ParameterValues& values);

}  // namespace reverie
