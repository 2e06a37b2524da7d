// Where the system keeps a user's files for a program (the XDG base directories).
#pragma once

#include <filesystem>
#include <string>
#include <vector>

namespace reverie {

// The user's own presets and controllers: $XDG_CONFIG_HOME/reverie, else ~/.config/reverie; empty if the
// system has no home folder.
std::filesystem::path config_folder();

// What must survive a crash, sessions and the unsaved preset: $XDG_STATE_HOME/reverie, else
// ~/.local/state/reverie; empty if the system has no home folder.
std::filesystem::path state_folder();

// What can be made again: $XDG_CACHE_HOME/reverie, else ~/.cache/reverie; empty if the system has no home
// folder.
std::filesystem::path cache_folder();

// Networks that were fetched: $XDG_DATA_HOME/reverie/models, else ~/.local/share/reverie/models; empty if the
// system has no home folder.
std::filesystem::path fetched_folder();

// The file of a network there, by its name with or without the ending; empty where there is none.
std::filesystem::path find_fetched(const std::string& name);

// The folders share/reverie/NAME of the installation, whatever its prefix: above the program, or above the
// plug-in that this is part of.  A build folder has one too, a link to the source tree.
std::vector<std::filesystem::path> installed_folders(const std::string& name);

}  // namespace reverie
