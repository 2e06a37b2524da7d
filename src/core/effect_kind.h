// What is known of an effect without making one: its entry in the list of effects().
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "core/effect.h"

namespace reverie {

// A key of the instrument that belongs to an effect: it takes the parameter to its next word or whole number,
// and after the last to the first.
struct EffectKey {
  std::string key, help, parameter;
  bool below_levels = false;  // whole numbers end with the highest level there is
};

// A signal that an effect gives, 0..1; modulations follow it as PART.NAME.
struct EffectSignal {
  std::string name, help;
};

// What a frame needs at the least.
struct EffectWork {
  double flops = 0;  // floating-point operations
  double bytes = 0;  // of state, read and written
};

struct MemoryShare {
  std::string what;
  size_t bytes = 0;
};

// Whether an effect, or a preset, looks at the picture that comes in.
enum class InputNeed { kNone, kOptional, kRequired };

// values: the first frame's; what shapes the process (the fixed parameters) is read from them.
using MakeEffect = std::unique_ptr<Effect> (*)(const EffectSetup& setup, const ParameterValues& values);

struct EffectKind {
  std::string name;
  std::string help;                    // one line
  InputNeed input = InputNeed::kNone;  // of its presets, where they do not say
  std::shared_ptr<const ParameterTable> table;
  MakeEffect make = nullptr;
  std::vector<EffectSignal> signals = {};
  std::vector<EffectKey> keys = {};
  bool needs_flow = false;  // of the input: Frame::flow
  // ... only where one of these is not 0, or something moves it; empty: always.
  std::vector<std::string> flow_parameters = {};
  // A whole number that random weights are drawn from, unless it is 0; empty: there is none.
  std::string seed_parameter = {};
  bool needs_torch = false;  // plays in `reverie-lab` alone
  // The same bytes for any number of threads; otherwise a render keeps the number in its description.
  bool any_threads = true;
  // Null: not known.
  EffectWork (*work)(const EffectSetup& setup, const ParameterValues& values) = nullptr;
  // What playing takes, with a picture coming in or none; found by playing a few frames.  Null: not known.
  std::vector<MemoryShare> (*memory)(const EffectSetup& setup, const ParameterValues& values,
                                     bool has_picture) = nullptr;

  const ParameterTable& parameters() const { return *table; }
};

}  // namespace reverie
