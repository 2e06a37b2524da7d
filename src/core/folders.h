// Where the system keeps a user's files for a program (the XDG base directories).
#pragma once

#include <filesystem>

namespace reverie {

// The user's own presets and controllers: $XDG_CONFIG_HOME/reverie, else ~/.config/reverie; empty if the
// system has no home folder.
std::filesystem::path config_folder();

// What must survive a crash, sessions and the unsaved preset: $XDG_STATE_HOME/reverie, else
// ~/.local/state/reverie; empty if the system has no home folder.
std::filesystem::path state_folder();

}  // namespace reverie
