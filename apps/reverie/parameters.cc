// reverie parameters: lists an effect's parameters, from their one declaration.
#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <utility>

#include "effects/effects.h"
#include "verbs.h"

namespace reverie {
namespace {

void print(const Parameter& p) {
  fmt::print("{:<18} {}\n{:<18}   {}\n", p.name, p.help, "", describe_range(p));
}

}  // namespace

Action add_parameters(CLI::App& app) {
  struct Words {
    std::string effect = effects().front().name, parameter;
  };
  auto words = std::make_shared<Words>();
  app.add_option("effect", words->effect, "one of the effects")->type_name("EFFECT")->capture_default_str();
  app.add_option("parameter", words->parameter, "only this one")->type_name("NAME");
  return [words] {
    // a word that is no effect is a parameter of the first effect that has it
    const bool known = std::any_of(effects().begin(), effects().end(),
                                   [&](const EffectKind& e) { return e.name == words->effect; });
    if (!known && words->parameter.empty()) {
      std::swap(words->effect, words->parameter);
      const auto has = [&](const EffectKind& e) { return e.parameters().has(words->parameter); };
      const auto it = std::find_if(effects().begin(), effects().end(), has);
      words->effect = it == effects().end() ? effects().front().name : it->name;
    }
    const EffectKind& effect = find_effect(words->effect);
    const ParameterTable& table = effect.parameters();
    if (!words->parameter.empty()) {
      print(table[table.index(words->parameter)]);
      return 0;
    }
    fmt::print("{}: {}\n\n", effect.name, effect.help);
    for (const Parameter& p : table.all()) print(p);
    for (const EffectSignal& s : effect.signals) fmt::print("signal {:<11} {}; 0 to 1\n", s.name, s.help);
    return 0;
  };
}

}  // namespace reverie
