// The verbs of the command, one file each.
#pragma once

#include <functional>
#include <string>
#include <vector>

namespace CLI {
class App;
}

namespace reverie {

// A verb adds its options to the parser and returns a function to run after parsing, which returns the exit
// status.
using Action = std::function<int()>;

struct Verb {
  std::string name;
  std::string help;              // one line; empty: hidden, for the build
  std::string examples;          // shown at the end of its --help
  Action (*add)(CLI::App& app);  // none: it needs LibTorch, and this program has none
};

const std::vector<Verb>& verbs();

Action add_render(CLI::App& app);
Action add_play(CLI::App& app);
Action add_demo(CLI::App& app);
Action add_discover(CLI::App& app);
Action add_presets(CLI::App& app);
Action add_preset(CLI::App& app);
Action add_parameters(CLI::App& app);
Action add_info(CLI::App& app);
Action add_manual(CLI::App& app);
Action add_flow(CLI::App& app);
Action add_trajectories(CLI::App& app);
Action add_convert(CLI::App& app);
Action add_doctor(CLI::App& app);
Action add_bench(CLI::App& app);
Action add_data(CLI::App& app);
Action add_train(CLI::App& app);
Action add_evaluate(CLI::App& app);
Action add_inspect(CLI::App& app);
Action add_probe(CLI::App& app);
Action add_classify(CLI::App& app);
Action add_codes(CLI::App& app);
Action add_dream(CLI::App& app);
Action add_embed(CLI::App& app);
Action add_export(CLI::App& app);
Action add_mogrify(CLI::App& app);
Action add_recognise(CLI::App& app);
Action add_shift(CLI::App& app);
Action add_layers(CLI::App& app);
Action add_model(CLI::App& app);

}  // namespace reverie
