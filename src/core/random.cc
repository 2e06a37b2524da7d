#include "core/random.h"

#include <cmath>
#include <numbers>

namespace reverie {

// Box-Muller, because std::normal_distribution differs between libraries.
double Random::normal() {
  const double u = 1.0 - uniform();
  const double v = uniform();
  return std::sqrt(-2.0 * std::log(u)) * std::cos(2.0 * std::numbers::pi * v);
}

}  // namespace reverie
