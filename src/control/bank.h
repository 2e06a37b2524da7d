// The order that a person gives the presets, which says their numbers; and which of them are one's own.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "control/preset.h"

namespace reverie {

// ~/.config/reverie/presets or equivalent: the user's own presets.  Empty if the system has no home folder.
std::filesystem::path own_preset_folder();
bool is_own(const PresetEntry& preset);
// Whether a preset of one's own stands before one of the same name that came with the program.
bool hides_another(const PresetEntry& preset);

// The names in ~/.config/reverie/bank.toml; none where there is no such file.  A damaged one is named in a
// warning.
std::vector<std::string> read_bank();
void write_bank(const std::vector<std::string>& names);

// The names of those that are marked there.
std::vector<std::string> read_favourites();
void mark_favourite(const std::string& name, bool on);

// Those that play, in the order of the bank; then those that it does not name: first what came with the
// program, then one's own, by name.
std::vector<PresetEntry> presets_in_order();

}  // namespace reverie
