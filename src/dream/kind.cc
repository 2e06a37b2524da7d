#include "dream/kind.h"

#include "dream/settings.h"

namespace reverie {

EffectKind dream_effect() {
  return {.name = "dream",
          .help = "asks a layer of a network to enhance what it sees in the picture",
          .input = InputNeed::kOptional,
          .table = std::make_shared<const ParameterTable>(dream_parameters()),
          .signals = {{"strength", "how much the dream changes the picture that comes in"}},
          .needs_flow = true,
          .needs_torch = true,
          .any_threads = false};
}

}  // namespace reverie
