// Options shared by the verbs that play a preset.
#pragma once

#include <string>
#include <vector>

#include "control/chain.h"

namespace reverie {

// The presets of these names or files, one after the other; none: the default one for an input, or for none.
Chain chain_to_play(const std::vector<std::string>& names, bool has_input);

// Becomes reverie-lab where an effect of the chain needs LibTorch.
void need_programs(const Chain& chain);

// `said`: the words of the command line that give it, for a UsageError.
void apply_value(const std::string& said, const std::string& name, const std::string& value, Chain& chain);

// Takes "NAME=VALUE"s and "PART.NAME=VALUE"s; UsageError for what is not allowed.
void apply_sets(const std::vector<std::string>& sets, Chain& chain);

// UsageError if the output would overwrite one of the files that are read, or another output.
void refuse_overwriting(const std::string& output, const std::vector<std::string>& others);

}  // namespace reverie
