// How feedback is trained: the keys of `reverie train alive --set`.
#pragma once

#include "core/parameter.h"

namespace reverie {

const ParameterTable& alive_settings();

}  // namespace reverie
