#include "train/run.h"

#include <ATen/Parallel.h>
#include <fmt/format.h>

#include <chrono>
#include <thread>

#include "core/error.h"
#include "core/file.h"
#include "core/limits.h"
#include "core/log.h"
#include "core/progress.h"
#include "core/stop.h"
#include "core/text.h"
#include "core/toml_reader.h"
#include "train/run_log.h"

namespace reverie {
namespace {

namespace fs = std::filesystem;
using Clock = std::chrono::steady_clock;

std::string run_text(const RunOptions& options) {
  const RunSettings& s = options.settings;
  return format_recipe(options.recipe) +
         fmt::format("\n[run]\ndata = {}\ntest = {}\n{}seed = {}\nthreads = {}\ndevice = {}\n",
                     quote_toml(fs::absolute(s.data).string()),
                     quote_toml(s.test.empty() ? "" : fs::absolute(s.test).string()),
                     s.leave_out.empty() ? "" : "leave_out = " + quote_toml(s.leave_out) + "\n",
                     toml_seed(s.seed), s.threads, quote_toml(s.device));
}

void write_text(const fs::path& path, const std::string& text) {
  write_file(path, {reinterpret_cast<const uint8_t*>(text.data()), text.size()});
}

// For a new run: creates the folder, locked by this process, and writes run.toml.
void prepare_folder(const RunOptions& options, std::optional<FolderLock>& lock) {
  std::error_code code;
  fs::create_directories(options.run, code);
  if (code) throw Error("make the folder", options.run.string(), code.message());
  if (!lock) lock.emplace(options.run);
  if (!options.resume && fs::exists(options.run / "checkpoint.safetensors", code))
    throw Error("write the run", options.run.string(), "there already is one",
                fmt::format("continue it with --resume {}, or start a new one with another -o",
                            options.run.string()));
  if (!options.resume) write_text(options.run / "run.toml", run_text(options));
}

void require_tests(const Recipe& recipe, const RecordSet& test) {
  if ((recipe.keep == KeepKind::kLast && recipe.patience == 0) || test.size(Split::kTest) > 0) return;
  throw Error("train on", test.name(),
              fmt::format("the recipe's {} needs test pictures, and it has none",
                          recipe.patience > 0 ? "patience" : "keep = \"best\""),
              "reverie data import --test-fraction 0.1, or --test SET");
}

bool is_over(const Recipe& recipe, const std::optional<BestTest>& best) {
  return recipe.patience > 0 && best && best->stage + 1 == static_cast<int64_t>(recipe.stages.size()) &&
         best->worse >= recipe.patience;
}

// What the process that writes does after each step: logs, checkpoints, progress.
class Watch {
 public:
  Watch(const RunOptions& options, const RecordSet& test, const Trainer& trainer,
        const std::optional<BestTest>& best)
      : options_(options),
        log_(options.run, options.recipe, test, trainer.iteration(), options.views),
        progress_("train", "iterations", options.recipe.iterations(), options.quiet),
        kept_(Clock::now()),
        best_(best) {}

  void after(const TrainingStep& report, const Trainer& trainer) {
    log_.step(report, trainer);
    if (const auto loss = log_.tested()) judge(*loss, report, trainer);
    progress_.update(trainer.iteration(), log_.losses());
    if (std::chrono::duration<double>(Clock::now() - kept_).count() < options_.checkpoint_seconds) return;
    keep(trainer);
    kept_ = Clock::now();
  }

  void keep(const Trainer& trainer) const {
    Checkpoint checkpoint = trainer.checkpoint();
    checkpoint.best = best_;
    write_checkpoint(options_.run, checkpoint);
    if (options_.recipe.keep == KeepKind::kLast || !best_) write_model(model_path(), *trainer.model());
  }

  bool over() const { return is_over(options_.recipe, best_); }
  const std::optional<BestTest>& best() const { return best_; }

 private:
  fs::path model_path() const { return options_.run / "model.safetensors"; }

  // Losses of two stages cannot be compared: each has a best test of its own.
  void judge(double loss, const TrainingStep& report, const Trainer& trainer) {
    const auto stage = static_cast<int64_t>(report.stage);
    if (best_ && best_->stage == stage && !(loss < best_->loss)) {
      ++best_->worse;
      return;
    }
    best_ = BestTest{stage, report.iteration + 1, loss, 0};
    if (options_.recipe.keep == KeepKind::kBest) write_model(model_path(), *trainer.model());
  }

  const RunOptions& options_;
  RunLog log_;
  Progress progress_;
  Clock::time_point kept_;
  std::optional<BestTest> best_;
};

// What is told at the end of the last stage.
void tell_best(const Recipe& recipe, const std::optional<BestTest>& best, bool early) {
  if (!best || (!early && recipe.keep == KeepKind::kLast)) return;
  const BestTest test = best.value_or(BestTest{});
  note(fmt::format("{}the best test: loss {:.4g} after iteration {}{}",
                   early ? fmt::format("ended after {} tests that were no better; ", test.worse) : "",
                   test.loss, test.iteration, recipe.keep == KeepKind::kBest ? ", which is the model" : ""));
}

RunEnd loop(const RunOptions& options, Trainer& trainer, const RecordSet& test, const Group& group,
            const std::optional<BestTest>& best) {
  std::optional<Watch> watch;
  if (group.first()) watch.emplace(options, test, trainer, best);
  bool over = is_over(options.recipe, best);
  try {
    while (!trainer.done() && !over) {
      const bool early = watch && watch->over();
      const TrainingStep report = trainer.step(early              ? Wish::kEnd
                                               : stop_requested() ? Wish::kStop
                                                                  : Wish::kGoOn);
      over = trainer.wished() == Wish::kEnd;
      if (watch) watch->after(report, trainer);
      if (trainer.wished() == Wish::kStop) break;
    }
  } catch (...) {
    if (watch) watch->keep(trainer);  // the state before the failed step
    throw;
  }
  if (watch) watch->keep(trainer);
  const auto last = watch ? watch->best() : std::nullopt;
  watch.reset();
  if (!over && !trainer.done()) return RunEnd::kStopped;
  tell_best(options.recipe, last, over);
  return RunEnd::kDone;
}

}  // namespace

void set_training_threads(int wish) {
  constexpr int kManyCores = 4;
  const int cores = static_cast<int>(std::max(1U, std::thread::hardware_concurrency()));
  at::set_num_threads(wish > 0 ? wish : cores - (cores >= kManyCores ? 1 : 0));
}

std::unique_ptr<Model> start_model(const RunOptions& options) {
  const std::string& start = options.recipe.start;
  if (start.empty()) return {};
  // a run in the same folder as this one, or the path of a run or a model, from the current folder
  const fs::path beside = fs::absolute(options.run).lexically_normal().parent_path() / start;
  for (const fs::path& path : {beside, fs::path(start)}) {
    std::error_code code;
    if (fs::exists(model_path(path), code)) return read_model(path);
  }
  throw Error("start from", start, fmt::format("neither {} nor {} has a model", beside.string(), start),
              "train that recipe first");
}

RunEnd run_training(const RunOptions& options) {
  set_training_threads(options.settings.threads);
  RecordSet set = RecordSet::open(options.settings.data);
  if (!options.settings.leave_out.empty()) set.leave_out(options.settings.leave_out);
  std::optional<RecordSet> other;
  if (!options.settings.test.empty()) other = RecordSet::open(options.settings.test);
  const RecordSet& test = other ? *other : set;
  require_tests(options.recipe, test);
  Group group(options.settings.device == "cuda" ? torch::kCUDA : torch::kCPU);
  std::optional<FolderLock> lock;
  if (group.first() && options.resume) lock.emplace(options.run);
  // a run that was killed before its first checkpoint starts over from where it had started
  const auto checkpoint = options.resume ? read_checkpoint(options.run) : std::nullopt;
  const auto start = checkpoint ? nullptr : start_model(options);
  Trainer trainer(options.recipe, set, options.settings, group, start.get());
  if (checkpoint) trainer.resume(*checkpoint);
  if (checkpoint && trainer.done() && group.first() && !options.quiet)
    note(fmt::format("{} is finished already", options.run.string()));
  if (group.first()) prepare_folder(options, lock);
  return loop(options, trainer, test, group, checkpoint ? checkpoint->best : std::nullopt);
}

RunOptions read_run(const fs::path& run) {
  const fs::path file = run / "run.toml";
  const std::string text = read_text_file(file);
  RunOptions options;
  options.run = run;
  options.recipe = parse_recipe(text, file.string());
  const TomlNode root = parse_toml(text, file.string());
  for (const TomlNode& node : root.items) {
    if (node.key != "run") continue;
    const TomlReader reader(node, file.string(), {"data", "test", "leave_out", "seed", "threads", "device"});
    options.settings.data = reader.text("data");
    options.settings.test = reader.text("test", "");
    options.settings.leave_out = reader.text("leave_out", "");
    options.settings.seed = reader.seed("seed", 1);
    options.settings.threads = static_cast<int>(reader.whole("threads", 0, kMostThreads, 0));
    options.settings.device = reader.text("device", "cpu");
    return options;
  }
  throw Error("resume", file.string(), "it has no table [run]");
}

}  // namespace reverie
