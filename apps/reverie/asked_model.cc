#include "asked_model.h"

#include "control/chain.h"

namespace reverie {

std::string asked_model(const std::string& asked, const std::string& preset) {
  if (!asked.empty()) return asked;
  const Preset own = load_chain(preset).parts[0].preset;
  return find_asset(own, own.values.text("model")).string();
}

}  // namespace reverie
