// What a performer turns that belongs to no part: knobs of the set itself, addressed as "set.NAME".
#pragma once

#include <string>
#include <string_view>

#include "control/chain.h"
#include "control/event.h"

namespace reverie {

inline constexpr std::string_view kSetPart = "set";  // the name of no part

const ParameterTable& set_controls();

// "crossfader" of "set.crossfader"; empty for an address of a part.
std::string set_control_of(std::string_view address);

// How the input of this side is played.
std::string input_speed_control(InputSide side);
std::string input_position_control(InputSide side);

// The parameter of a part, or of the set, that an address means.  Error as in find_address().
const Parameter& parameter_at(const Chain& chain, const std::string& address);

}  // namespace reverie
