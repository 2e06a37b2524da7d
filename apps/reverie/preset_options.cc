#include "preset_options.h"

#include <fmt/format.h>

#include "command_line.h"

namespace reverie {
namespace {

constexpr const char* kDefaultPreset = "first-light";
constexpr const char* kDefaultInputPreset = "veil";

}  // namespace

Preset preset_to_play(const std::string& name, bool has_input) {
  if (!name.empty()) return load_preset(name);
  return load_preset(has_input ? kDefaultInputPreset : kDefaultPreset);
}

void apply_sets(const std::vector<std::string>& sets, Preset& preset) {
  for (const std::string& s : sets) {
    const size_t equals = s.find('=');
    if (equals == std::string::npos) throw UsageError(fmt::format("--set takes NAME=VALUE, not '{}'", s));
    try {
      override_value(preset, s.substr(0, equals), s.substr(equals + 1));
    } catch (const Error& e) {
      throw UsageError(fmt::format("--set {}: {}", s, e.what()));
    }
  }
}

Fit fit_of(const std::string& word) {
  return word == "crop" ? Fit::kCrop : (word == "pad" ? Fit::kPad : Fit::kStretch);
}

}  // namespace reverie
