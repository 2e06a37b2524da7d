// The reading of presets out of a TOML tree, shared by preset files and render descriptions.
#pragma once

#include <functional>
#include <string>

#include "control/preset.h"
#include "core/toml_tree.h"

namespace reverie {

// As parse_preset(), from a tree.
Preset read_preset(const TomlNode& root, const std::string& file_name,
                   const std::function<Preset(const std::string&)>& parent_loader);

}  // namespace reverie
