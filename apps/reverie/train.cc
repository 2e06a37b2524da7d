// reverie train: a recipe and a record set become a run.
#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <cmath>

#include "alive.h"
#include "alive/training.h"
#include "checks.h"
#include "command_line.h"
#include "core/file.h"
#include "core/limits.h"
#include "core/log.h"
#include "core/progress.h"
#include "core/stop.h"
#include "core/text.h"
#include "film.h"
#include "train/find_rate.h"
#include "train/folds.h"
#include "train/run.h"
#include "verbs.h"

namespace reverie {
namespace {

namespace fs = std::filesystem;

constexpr const char* kAlive = "alive";  // in a recipe's place: feedback that is learned

struct Words {
  std::string recipe, data, test, run, resume;
  std::optional<std::string> device;
  std::vector<std::string> changes;
  std::optional<uint64_t> seed;
  std::optional<int> threads;
  double checkpoint_every = 30;
  std::string watch;
  int64_t film = 0;
  bool quiet = false;
  std::optional<int> find_rate;
  std::string leave_out;
  bool folds = false;
  // of alive
  std::vector<std::string> style, preset_changes;
  std::string from, predict, motion;
  double minutes = 0;
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
  options.settings.leave_out = w.leave_out;
  options.settings.seed = w.seed.value_or(1);
  options.settings.threads = w.threads.value_or(0);
  options.settings.device = w.device.value_or("cpu");
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
  if (w.device) options.settings.device = *w.device;
  return options;
}

void print_search(const RateSearch& search, double own) {
  constexpr size_t kLines = 24;
  constexpr double kWidth = 50;
  double least = INFINITY;
  double most = 0;
  for (const RateTrial& t : search.trials) least = std::min(least, t.loss);
  for (const RateTrial& t : search.trials) most = std::max(most, std::min(t.loss, 2 * search.trials[0].loss));
  fmt::print("      rate       loss\n");
  const size_t count = search.trials.size();
  for (size_t line = 0; line < std::min(kLines, count); ++line) {
    const RateTrial& t =
        search.trials[line * (count - 1) / (std::max<size_t>(2, std::min(kLines, count)) - 1)];
    const double share = most > least ? (std::min(t.loss, most) - least) / (most - least) : 0;
    fmt::print("{:10.2e} {:10.4g}  {}\n", t.rate, t.loss,
               std::string(1 + static_cast<size_t>(kWidth * share), '#'));
  }
  fmt::print("{}\nsuggested: --set rate={:.2g} (the recipe has {})\n",
             search.diverged ? "then it diverges" : "it never diverges up to here", search.suggested, own);
}

int search_rate(const Words& w) {
  const RunOptions options = begin(w);
  set_training_threads(options.settings.threads);
  const RecordSet set = RecordSet::open(options.settings.data);
  const auto start = start_model(options);
  const RateSearch search =
      find_rate(options.recipe, set, options.settings, *w.find_rate, w.quiet, start.get());
  if (stop_requested()) return 130;
  if (search.trials.empty())
    throw Error("find a rate for", w.recipe, "the loss is not finite at the first iteration");
  print_search(search, options.recipe.stages[0].rate);
  return 0;
}

int cross_validate(const Words& w) {
  if (!w.resume.empty() || !w.test.empty() || !w.leave_out.empty())
    throw UsageError(
        "train: --folds leaves each group out in turn, and goes on where it stopped when called again: it "
        "takes no "
        "--resume, --test or --leave-out");
  RunOptions options = begin(w);
  options.quiet = w.quiet;
  options.checkpoint_seconds = w.checkpoint_every;
  const std::optional<FoldsResult> result = train_folds(options);
  if (!result) {
    note("stopped; the same command goes on");
    return 130;
  }
  for (const std::string& line : result->mistaken) fmt::print("{}\n", printable(line));
  const int right = right_answers(result->confusion);
  const int all = all_answers(result->confusion);
  fmt::print("{:.1f} % right, {} of {} videos, each of its group left out; trained in {}\n",
             100.0 * right / all, right, all, format_duration(result->seconds));
  note(fmt::format("{}: the confusion matrix", printable((options.run / "confusion.png").string())));
  return 0;
}

AliveOptions alive_options(const Words& w) {
  if (!w.resume.empty()) return read_alive_run(w.resume);
  if (w.style.empty() == w.predict.empty())
    throw UsageError(
        "train alive: it takes --style PICTURE, to look like it, or --predict CLIP, to go on as it does");
  if (!w.motion.empty() && w.style.empty())
    throw UsageError(
        "train alive: --motion CLIP goes with --style; --predict takes the clip's motion anyway");
  if (!w.data.empty() || !w.test.empty() || w.find_rate || !w.watch.empty() || w.film > 0)
    throw UsageError("train alive: it takes no --data, --test, --find-rate, --watch or --film");
  AliveOptions options;
  const fs::path first = fs::path(w.style.empty() ? w.predict : w.style.front()).lexically_normal();
  options.run = w.run.empty() ? fs::path("runs") / (first.has_stem() ? first.stem() : fs::path(kAlive))
                              : fs::path(w.run);
  options.name = fs::absolute(options.run).lexically_normal().filename().string();
  if (!w.predict.empty()) options.from = "_predictor";
  if (!w.motion.empty()) options.from = kCarried;
  if (!w.from.empty()) options.from = w.from;
  if (!w.predict.empty()) options.predict = fs::absolute(w.predict).string();
  if (!w.motion.empty()) options.motion = fs::absolute(w.motion).string();
  for (const std::string& name : w.style) options.style.push_back(fs::absolute(name).string());
  options.settings = w.changes;
  options.changes = w.preset_changes;
  options.seed = w.seed.value_or(1);
  options.threads = w.threads.value_or(0);
  options.device = w.device.value_or("cpu");
  options.minutes = w.minutes;
  return options;
}

int alive(const Words& w) {
  AliveOptions options = alive_options(w);
  if (w.threads) options.threads = *w.threads;
  if (w.device) options.device = *w.device;
  options.quiet = w.quiet;
  options.checkpoint_seconds = w.checkpoint_every;
#if REVERIE_WITH_MEDIA
  return train_alive(std::move(options));
#else
  throw Error("train", "alive", "this build reads no pictures (REVERIE_MEDIA=OFF)");
#endif
}

bool is_alive(const Words& w) {
  std::error_code code;
  return w.recipe == kAlive || (!w.resume.empty() && fs::exists(fs::path(w.resume) / "alive.toml", code));
}

int train(const Words& w) {
  if (is_alive(w)) return alive(w);
  if (!w.style.empty()) throw UsageError("train: --style is of: reverie train alive --style PICTURE");
  if (!w.predict.empty()) throw UsageError("train: --predict is of: reverie train alive --predict CLIP");
  if (!w.motion.empty()) throw UsageError("train: --motion is of: reverie train alive --motion CLIP");
  if (!w.watch.empty() && !w.watch.ends_with(".png"))
    throw UsageError(fmt::format("--watch takes a .png, not '{}'", w.watch));
  if (w.find_rate) {
    if (!w.resume.empty()) throw UsageError("train: --find-rate takes a RECIPE, no --resume");
    return search_rate(w);
  }
  if (w.folds) return cross_validate(w);
  RunOptions options = w.resume.empty() ? begin(w) : go_on(w);
  options.quiet = w.quiet;
  options.checkpoint_seconds = w.checkpoint_every;
  options.views = {w.watch, w.film};
  const RunEnd end = run_training(options);
#if REVERIE_WITH_MEDIA
  if (w.film > 0) write_film(options.run);
#endif
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
  app.add_option("RECIPE", w->recipe,
                 "a recipe's file, or its name in recipes/; or alive: feedback that learns (docs/alive.md)");
  app.add_option("--data", w->data, "the record set to learn from (see 'reverie data import')");
  app.add_option("--test", w->test, "a record set to test on (default: the test split of --data)");
  app.add_option("-o,--output", w->run, "the run's folder (default runs/RECIPE)");
  app.add_option("--set", w->changes, "change a value of the recipe: KEY=VALUE, or stage.N.KEY=VALUE");
  app.add_option("--seed", w->seed, "seed of weights, order and noise (default 1)")
      ->check(whole_number(UINT64_MAX));
  app.add_option("--resume", w->resume, "continue this run from its last checkpoint");
  app.add_option("--device", w->device, "cpu (the default) or cuda")->check(CLI::IsMember({"cpu", "cuda"}));
  app.add_option("--threads", w->threads,
                 "threads per process (default: one per core; from four cores on, one less)")
      ->check(CLI::Range(1, kMostThreads));
  app.add_option("--checkpoint-every", w->checkpoint_every, "seconds between checkpoints (default 30)")
      ->check(finite_range(0, 1e6));
  app.add_option("--watch", w->watch,
                 "a picture of the newest reconstructions, written again every two seconds")
      ->type_name("FILE.png");
  app.add_option(
         "--film", w->film,
         "a film of the learning: the sheet of every N iterations, in the end as RUN/film.mp4, ten a second")
      ->type_name("N")
      ->check(CLI::Range(1, 1000000000));
  app.add_option(
         "--find-rate", w->find_rate,
         "only look for a learning rate: it rises over N iterations of the first stage (200 are enough), "
         "and the loss at each is printed; nothing is written")
      ->type_name("N")
      ->check(CLI::Range(20, 100000));
  app.add_option("--leave-out", w->leave_out,
                 "of a set of clips: learn from all groups but this one, and test on it")
      ->type_name("GROUP");
  app.add_flag(
      "--folds", w->folds,
      "of a set of clips: a run for each group, which is left out of it, in RUN/GROUP; then how many "
      "videos of the left-out groups are recognised, and the confusion matrix in RUN/confusion.png");
  app.add_flag("-q,--quiet", w->quiet, "no progress");
  app.add_option("--style", w->style, "alive: what it should look like: pictures, clips, folders")
      ->group("alive");
  app.add_option(
         "--predict", w->predict,
         "alive: in place of --style: learn to make the next frame of this clip, and play on from any "
         "picture")
      ->type_name("CLIP")
      ->group("alive");
  app.add_option("--motion", w->motion,
                 "alive: with --style: move where and how this clip does on average; or a .flo file")
      ->type_name("CLIP")
      ->group("alive");
  app.add_option("--from", w->from,
                 "alive: the preset that it begins from (default _alive, _carried with --motion, _predictor "
                 "with --predict)")
      ->group("alive");
  app.add_option("--change", w->preset_changes, "alive: change a parameter of that preset: KEY=VALUE")
      ->group("alive");
  app.add_option("--minutes", w->minutes, "alive: stop after so many; else after all iterations")
      ->check(finite_range(0, 1e6))
      ->group("alive");
  return [w] { return train(*w); };
}

}  // namespace reverie
