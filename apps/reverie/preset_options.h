// What the verbs that play a preset share on their command lines.
#pragma once

#include <string>
#include <vector>

#include "control/preset.h"

namespace reverie {

// The preset of this name or file; empty: the default one for an input, or for none.
Preset preset_to_play(const std::string& name, bool has_input);

// Takes "NAME=VALUE"s; UsageError for what is not allowed.
void apply_sets(const std::vector<std::string>& sets, Preset& preset);

// The files that the preset names and that are there: palettes, weights, pictures.
std::vector<std::string> files_of(const Preset& preset);

// UsageError where the output would replace one of the files that are read, or written otherwise.
void refuse_overwriting(const std::string& output, const std::vector<std::string>& others);

}  // namespace reverie
