#include "preset_options.h"

#include <fmt/format.h>

#include "command_line.h"
#include "effects/effects.h"
#include "lab.h"
#include "media/sink.h"

namespace reverie {
namespace {

constexpr const char* kDefaultPreset = "first-light";
constexpr const char* kDefaultInputPreset = "veil";

}  // namespace

Chain chain_to_play(const std::vector<std::string>& names, bool has_input) {
  if (!names.empty()) return load_chain(names);
  return load_chain(std::string(has_input ? kDefaultInputPreset : kDefaultPreset));
}

void need_programs(const Chain& chain) {
  for (const Part& part : chain.parts) {
    if (find_effect(part.preset.effect).needs_torch) need_torch("the effect " + part.preset.effect);
  }
}

void apply_value(const std::string& said, const std::string& name, const std::string& value, Chain& chain) {
  try {
    override_value(chain, name, value);
  } catch (const Error& e) {
    throw UsageError(fmt::format("{}: {}", said, e.what()));
  }
}

void apply_sets(const std::vector<std::string>& sets, Chain& chain) {
  for (const std::string& s : sets) {
    const size_t equals = s.find('=');
    if (equals == std::string::npos) throw UsageError(fmt::format("--set takes NAME=VALUE, not '{}'", s));
    apply_value("--set " + s, s.substr(0, equals), s.substr(equals + 1), chain);
  }
}

void refuse_overwriting(const std::string& output, const std::vector<std::string>& others) {
  for (const std::string& other : others) {
    if (!other.empty() && !output.empty() && sink_replaces(output, other))
      throw UsageError(fmt::format("the output {} would overwrite {}: use another name", output, other));
  }
}

}  // namespace reverie
