// The plug-in's parameters: which preset, and a knob for each parameter of the effects, from their
// declarations.
#pragma once

#include <string>
#include <vector>

#include "core/effect_kind.h"

namespace reverie {

// The first ones, of the plug-in itself; all are texts.
enum OwnKnob : int { kPreset, kSeed, kSet, kOwnKnobs };

struct Knob {
  std::string name, help;                // "preset", "feedback.zoom"
  std::string effect;                    // empty: of the plug-in itself
  const Parameter* parameter = nullptr;  // of that effect
};

// In their order, which hosts count by: the plug-in's own, then effect by effect those that need no LibTorch.
const std::vector<Knob>& knobs();

}  // namespace reverie
