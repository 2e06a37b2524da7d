// What is known of the effect `mogrify` without LibTorch.
#pragma once

#include <string>
#include <vector>

#include "core/effect_kind.h"

namespace reverie {

// How codes are moved: their mean alone, z - alpha * from + beta * toward, or the mean and deviation of each
// code over the picture.  kAuto: statistics where codes are spatial.
enum class MoveBy { kAuto, kMeans, kStatistics };

// A label with a weight: "scream*0.7".
struct StyleTerm {
  std::string label;
  double weight = 1;
};
using StyleSum = std::vector<StyleTerm>;

inline constexpr int kStyleWeights = 4;  // parameters weight1..weight4, of the first styles of a sum

// "scream*0.7 + drawings | great-wave": sums, one after the other.  Error says what cannot be understood.
std::vector<StyleSum> parse_styles(const std::string& text);

ParameterTable mogrify_parameters();
EffectKind mogrify_effect();

}  // namespace reverie
