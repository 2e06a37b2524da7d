// reverie presets: lists the presets.
#include <fmt/format.h>

#include <CLI/CLI.hpp>

#include "control/preset.h"
#include "verbs.h"

namespace reverie {

Action add_presets(CLI::App&) {
  return [] {
    for (const PresetEntry& e : list_presets()) {
      const char* input = e.input == InputNeed::kRequired
                              ? " [needs an input]"
                              : (e.input == InputNeed::kOptional ? " [takes an input]" : "");
      fmt::print("{:<18} {}{}\n", e.name, e.error.empty() ? e.about : "broken: " + e.error, input);
    }
    return 0;
  };
}

}  // namespace reverie
