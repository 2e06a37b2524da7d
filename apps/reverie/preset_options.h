// What the verbs that play a preset share on their command lines.
#pragma once

#include <string>
#include <vector>

#include "control/preset.h"
#include "core/fit.h"

namespace reverie {

// The preset of this name or file; empty: the default one for an input, or for none.
Preset preset_to_play(const std::string& name, bool has_input);

// Takes "NAME=VALUE"s; UsageError for what is not allowed.
void apply_sets(const std::vector<std::string>& sets, Preset& preset);

// "crop", "pad" or "stretch".
Fit fit_of(const std::string& word);

}  // namespace reverie
