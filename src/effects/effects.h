// The effects there are.
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "core/effect.h"

namespace reverie {

struct EffectKind {
  std::string name;
  std::string help;  // one line
  const ParameterTable& (*parameters)();
  // values: the first frame's; what shapes the process (the fixed parameters) is read from them.
  std::unique_ptr<Effect> (*make)(const EffectSetup& setup, const ParameterValues& values);
};

const std::vector<EffectKind>& effects();

// Error with the nearest name when there is none.
const EffectKind& find_effect(std::string_view name);

}  // namespace reverie
