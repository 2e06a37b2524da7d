// Reads and writes modulators in preset files: [[lfo]], [[sound]], [[keyframes]] and [[map]].
#pragma once

#include <string>

#include "control/modulators.h"
#include "core/parameter.h"
#include "core/toml_reader.h"

namespace reverie {

// One parameter value from a file: a number, a word, true.  Error with its line if it is not allowed.
// scratch: values of the parameter's table; its value of this parameter is overwritten.
double read_value(const TomlReader& reader, const TomlNode& node, const Parameter& parameter,
                  ParameterValues& scratch);

// The index of a name in a table.  Error with the line of node.
size_t read_parameter(const TomlReader& reader, const TomlNode& node, std::string_view name,
                      const ParameterTable& table);

Lfo read_lfo(const TomlNode& node, const std::string& file_name, const ParameterTable& table);
Follower read_follower(const TomlNode& node, const std::string& file_name, const ParameterTable& table);
Keyframes read_keyframes(const TomlNode& node, const std::string& file_name, const ParameterTable& table);
MapSpec read_map(const TomlNode& node, const std::string& file_name, const ParameterTable& table);

// As TOML, starting with an empty line.
std::string format_toml(const Lfo& lfo);
std::string format_toml(const Follower& follower);
std::string format_toml(const Keyframes& keys, const ParameterTable& table);
std::string format_toml(const MapSpec& map);

}  // namespace reverie
