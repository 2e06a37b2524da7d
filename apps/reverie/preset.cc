// reverie preset show NAME: one preset or chain, whole, as TOML.
#include <CLI/CLI.hpp>

#include "control/chain.h"
#include "verbs.h"

namespace reverie {

Action add_preset(CLI::App& app) {
  auto name = std::make_shared<std::string>();
  CLI::App* show = app.add_subcommand("show", "print it as TOML, including what it inherits");
  show->add_option("name", *name, "name or file of a preset")->required()->type_name("PRESET");
  app.require_subcommand(1);
  return [name] {
    std::fputs(format_chain(load_chain(*name)).c_str(), stdout);
    return 0;
  };
}

}  // namespace reverie
