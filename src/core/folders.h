// Where the system keeps what a person has for a program (the XDG base directories).
#pragma once

#include <filesystem>

namespace reverie {

// Presets and controllers of one's own: $XDG_CONFIG_HOME/reverie, else ~/.config/reverie; empty where the
// system names no home.
std::filesystem::path config_folder();

// What must survive a crash, sessions and the unsaved preset: $XDG_STATE_HOME/reverie, else
// ~/.local/state/reverie; empty where the system names no home.
std::filesystem::path state_folder();

}  // namespace reverie
