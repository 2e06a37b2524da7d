// The network that a verb plays unless another one is asked for.
#pragma once

#include <string>

namespace reverie {

// `asked`, or, where that is empty, the model of the preset that plays it.
std::string asked_model(const std::string& asked, const std::string& preset);

}  // namespace reverie
