// reverie train: a recipe and a record set become a run.
#include <fmt/format.h>

#include <CLI/CLI.hpp>

#include "checks.h"
#include "command_line.h"
#include "core/file.h"
#include "core/limits.h"
#include "core/log.h"
#include "train/run.h"
#include "verbs.h"

namespace reverie {
namespace {

namespace fs = std::filesystem;

struct Words {
  std::string recipe, data, test, run, resume, device = "cpu";
  std::vector<std::string> changes;
  std::optional<uint64_t> seed;
  std::optional<int> threads;
  double checkpoint_every = 30;
  bool quiet = false;
};

RunOptions begin(const Words& w) {
  if (w.recipe.empty()) throw UsageError("train: a recipe is missing, such as recipes/hourglass-00.toml");
  if (w.data.empty())
    throw UsageError("train: --data SET is missing: a record set made by 'reverie data import'");
  const fs::path file = find_recipe(w.recipe);
  RunOptions options;
  options.recipe = parse_recipe(read_text_file(file), file.string(), w.changes);
  options.settings.data = w.data;
  options.settings.test = w.test;
  options.settings.seed = w.seed.value_or(1);
  options.settings.threads = w.threads.value_or(0);
  options.settings.device = w.device;
  options.run = w.run.empty() ? fs::path("runs") / file.stem() : fs::path(w.run);
  return options;
}

RunOptions go_on(const Words& w) {
  if (!w.recipe.empty() || !w.changes.empty() || !w.run.empty() || w.seed)
    throw UsageError(
        "train: --resume continues with the run's own recipe: it takes no RECIPE, --set, --seed or -o");
  RunOptions options = read_run(w.resume);
  options.resume = true;
  if (!w.data.empty()) options.settings.data = w.data;
  if (!w.test.empty()) options.settings.test = w.test;
  if (w.threads) options.settings.threads = *w.threads;
  return options;
}

int train(const Words& w) {
  RunOptions options = w.resume.empty() ? begin(w) : go_on(w);
  options.quiet = w.quiet;
  options.checkpoint_seconds = w.checkpoint_every;
  const RunEnd end = run_training(options);
  const std::string run = options.run.string();
  if (end == RunEnd::kStopped) {
    note(fmt::format("stopped; continue with: reverie train --resume {}", run));
    return 130;
  }
  fmt::print("{}\n", (options.run / "model.safetensors").string());
  return 0;
}

}  // namespace

Action add_train(CLI::App& app) {
  auto w = std::make_shared<Words>();
  app.add_option("RECIPE", w->recipe, "a recipe's file, or its name in recipes/");
  app.add_option("--data", w->data, "the record set to learn from (see 'reverie data import')");
  app.add_option("--test", w->test, "a record set to test on (default: the test split of --data)");
  app.add_option("-o,--output", w->run, "the run's folder (default runs/RECIPE)");
  app.add_option("--set", w->changes, "change a value of the recipe: KEY=VALUE, or stage.N.KEY=VALUE");
  app.add_option("--seed", w->seed, "seed of weights, order and noise (default 1)")
      ->check(whole_number(UINT64_MAX));
  app.add_option("--resume", w->resume, "continue this run from its last checkpoint");
  app.add_option("--device", w->device, "cpu or cuda")->check(CLI::IsMember({"cpu", "cuda"}));
  app.add_option("--threads", w->threads, "threads per process (default: one per core)")
      ->check(CLI::Range(1, kMostThreads));
  app.add_option("--checkpoint-every", w->checkpoint_every, "seconds between checkpoints (default 30)")
      ->check(finite_range(0, 1e6));
  app.add_flag("-q,--quiet", w->quiet, "no progress");
  return [w] { return train(*w); };
}

}  // namespace reverie
