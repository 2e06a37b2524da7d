#include "core/effect.h"

#include <algorithm>

namespace reverie {

bool Told::wants(std::string_view name) const {
  return std::find(wanted_.begin(), wanted_.end(), name) != wanted_.end();
}

void Told::tell(std::string_view name, double value) {
  values_.insert_or_assign(std::string(name), value > 0 ? std::min(value, 1.0) : 0.0);
}

}  // namespace reverie
