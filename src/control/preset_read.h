// Reads presets from a TOML tree; shared by preset files and render descriptions.
#pragma once

#include <functional>
#include <string>

#include "control/chain.h"
#include "core/toml_reader.h"

namespace reverie {

// Like parse_preset(), from a tree.
Preset read_preset(const TomlNode& root, const std::string& file_name,
                   const std::function<Preset(const std::string&)>& parent_loader);

// As parse_chain(), from a tree.
Chain read_chain(const TomlNode& root, const std::string& file_name,
                 const std::function<Chain(const std::string&)>& preset_loader);

// "\"DIR\", \"DIR\"": where the preset's files are looked for, its own folder first.
std::string folder_list(const Preset& preset);

// `about`, one line.
std::string read_about(const TomlReader& reader);

// Values and modulations over those of a preset: what a child says over its parent, or a chain over a preset
// of one of its parts.  more: keys that the table may have besides.
void read_over(const TomlNode& table, const std::string& file_name, std::vector<std::string> more,
               Preset& preset);

}  // namespace reverie
