// reverie presets: lists the presets.
#include <fmt/format.h>

#include <CLI/CLI.hpp>

#include "control/bank.h"
#include "verbs.h"

namespace reverie {

Action add_presets(CLI::App&) {
  return [] {
    // Those that play in the order of their numbers, then those that are broken.
    std::vector<PresetEntry> all = presets_in_order();
    for (PresetEntry& e : list_presets()) {
      if (!e.error.empty()) all.push_back(std::move(e));
    }
    for (const PresetEntry& e : all) {
      const char* input = e.input == InputNeed::kRequired
                              ? " [needs an input]"
                              : (e.input == InputNeed::kOptional ? " [takes an input]" : "");
      fmt::print("{:<18} {}{}\n", e.name, e.error.empty() ? e.about : "broken: " + e.error, input);
    }
    return 0;
  };
}

}  // namespace reverie
