// The list of effects.
#pragma once

#include <string_view>
#include <vector>

#include "core/effect_kind.h"

namespace reverie {

// Each with its own parameters and those of every part.  The first is what presets play that name no effect.
const std::vector<EffectKind>& effects();

// Says how to make an effect that needs LibTorch, for the program that has it; before the first effects().
void provide(std::string_view effect, MakeEffect make);

// Error with the nearest name if there is none.
const EffectKind& find_effect(std::string_view name);

// For tests: find_effect() knows it too, for as long as the process lives; effects() does not list it.
void add_effect(EffectKind kind);

// Parameters of every part, whatever its effect.
inline constexpr const char* kMix = "mix";        // 0: the picture that comes in; 1: the effect's
inline constexpr const char* kBypass = "bypass";  // switched off; the process stands still

// The share of the effect's picture that these values ask for: 0 where bypassed, else the mix.
double wet(const ParameterValues& values);

}  // namespace reverie
