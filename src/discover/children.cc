#include "discover/children.h"

#include <fmt/format.h>

#include "control/variation.h"
#include "core/error.h"
#include "effects/effects.h"

namespace reverie {

std::string why_no_children(const Chain& chain) {
  if (!chain.plain()) return "it is a chain";
  const Preset& preset = chain.parts.front().preset;
  if (preset.input == InputNeed::kRequired) return "it needs an input";
  if (find_effect(preset.effect).needs_torch)
    return fmt::format("the effect '{}' needs a network", preset.effect);
  return "";
}

std::vector<Preset> possible_parents() {
  std::vector<Preset> parents;
  for (const PresetEntry& e : list_presets()) {
    if (!e.error.empty() || e.input == InputNeed::kRequired) continue;
    try {
      Chain chain = load_chain(e.path.string());
      if (why_no_children(chain).empty()) parents.push_back(std::move(chain.parts.front().preset));
    } catch (const Error&) {
      // gone since the list was made
    }
  }
  return parents;
}

Preset next_child(const Preset& parent, const Preset& other, const std::vector<Preset>& strangers,
                  double strange, Random& choice, const Random& draws) {
  const Preset* second = &other;
  if (!strangers.empty() && choice.uniform() < strange) second = &strangers[choice.bits() % strangers.size()];
  if (second->effect != parent.effect) second = &parent;
  return child_of(parent, *second, {}, draws);
}

std::vector<std::string> differences(const Preset& parent, const Preset& child) {
  std::vector<std::string> names;
  for (const Parameter& p : parent.values.table().all()) {
    const bool same = p.kind == ParameterKind::kText
                          ? parent.values.text(p.name) == child.values.text(p.name)
                          : parent.values.list(p.name) == child.values.list(p.name);
    if (!same) names.push_back(p.name);
  }
  Preset moved = parent;
  moved.values = child.values;
  if (format_preset(moved) != format_preset(child)) names.emplace_back("LFOs");
  return names;
}

}  // namespace reverie
