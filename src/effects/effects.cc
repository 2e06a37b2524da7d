#include "effects/effects.h"

#include <fmt/format.h>

#include "core/error.h"
#include "core/text.h"
#include "feedback/effect.h"
#include "feedback/parameters.h"

namespace reverie {

const std::vector<EffectKind>& effects() {
  static const std::vector<EffectKind> list = {
      {"feedback", "feature feedback over the levels of an hourglass", feedback_parameters,
       make_feedback_effect},
  };
  return list;
}

const EffectKind& find_effect(std::string_view name) {
  std::vector<std::string> names;
  for (const EffectKind& e : effects()) {
    if (e.name == name) return e;
    names.push_back(e.name);
  }
  throw Error(fmt::format("there is no effect '{}'{}", name, did_you_mean(name, names)));
}

}  // namespace reverie
