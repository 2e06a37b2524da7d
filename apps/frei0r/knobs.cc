#include "knobs.h"

#include <fmt/format.h>

#include "effects/effects.h"

namespace reverie {
namespace {

std::vector<Knob> make_knobs() {
  std::vector<Knob> all = {
      {"preset", "name or file of a preset; several as a chain: smoke+veil", "", nullptr},
      {"seed", "of all random draws; default 1", "", nullptr},
      {"set", "values in their own units, with blanks between them: zoom=1.02 hue=3", "", nullptr},
  };
  for (const EffectKind& effect : effects()) {
    if (effect.needs_torch) continue;
    for (const Parameter& p : effect.parameters().all())
      all.push_back(
          {effect.name + "." + p.name, fmt::format("{} ({})", p.help, describe_range(p)), effect.name, &p});
  }
  return all;
}

}  // namespace

const std::vector<Knob>& knobs() {
  static const std::vector<Knob> all = make_knobs();
  return all;
}

}  // namespace reverie
