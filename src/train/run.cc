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
         fmt::format("\n[run]\ndata = {}\ntest = {}\nseed = {}\nthreads = {}\ndevice = {}\n",
                     quote_toml(fs::absolute(s.data).string()),
                     quote_toml(s.test.empty() ? "" : fs::absolute(s.test).string()), toml_seed(s.seed),
                     s.threads, quote_toml(s.device));
}

void write_text(const fs::path& path, const std::string& text) {
  write_file(path, {reinterpret_cast<const uint8_t*>(text.data()), text.size()});
}

// start = "hourglass-07": a run in the same folder as this one, or the path of a run or a model, from the
// current folder.
std::unique_ptr<Model> start_model(const RunOptions& options) {
  const std::string& start = options.recipe.start;
  if (start.empty()) return {};
  const fs::path beside = fs::absolute(options.run).lexically_normal().parent_path() / start;
  for (const fs::path& path : {beside, fs::path(start)}) {
    std::error_code code;
    if (fs::exists(model_path(path), code)) return read_model(path);
  }
  throw Error("start from", start, fmt::format("neither {} nor {} has a model", beside.string(), start),
              "train that recipe first");
}

void keep(const fs::path& run, const Trainer& trainer) {
  write_checkpoint(run, trainer.checkpoint());
  write_model(run / "model.safetensors", *trainer.model());
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

// The loop itself, in the process that writes: logs, checkpoints, progress.
class Watch {
 public:
  Watch(const RunOptions& options, const RecordSet& test, const Trainer& trainer)
      : options_(options),
        log_(options.run, options.recipe, test, trainer.iteration()),
        progress_("train", "iterations", options.recipe.iterations(), options.quiet),
        kept_(Clock::now()) {}

  void after(const TrainingStep& report, const Trainer& trainer) {
    log_.step(report, trainer);
    progress_.update(trainer.iteration(), log_.losses());
    if (std::chrono::duration<double>(Clock::now() - kept_).count() < options_.checkpoint_seconds) return;
    keep(options_.run, trainer);
    kept_ = Clock::now();
  }

 private:
  const RunOptions& options_;
  RunLog log_;
  Progress progress_;
  Clock::time_point kept_;
};

RunEnd loop(const RunOptions& options, Trainer& trainer, const RecordSet& test, const Group& group) {
  std::optional<Watch> watch;
  if (group.first()) watch.emplace(options, test, trainer);
  try {
    while (!trainer.done()) {
      const TrainingStep report = trainer.step(stop_requested());
      if (watch) watch->after(report, trainer);
      if (trainer.wanted_stop()) break;
    }
  } catch (...) {
    watch.reset();
    if (group.first()) keep(options.run, trainer);  // the state before the failed step
    throw;
  }
  watch.reset();
  if (group.first()) keep(options.run, trainer);
  return trainer.done() ? RunEnd::kDone : RunEnd::kStopped;
}

}  // namespace

RunEnd run_training(const RunOptions& options) {
  const int threads = options.settings.threads;
  at::set_num_threads(threads > 0 ? threads
                                  : static_cast<int>(std::max(1U, std::thread::hardware_concurrency())));
  const RecordSet set = RecordSet::open(options.settings.data);
  std::optional<RecordSet> other;
  if (!options.settings.test.empty()) other = RecordSet::open(options.settings.test);
  Group group(options.settings.device == "cuda" ? torch::kCUDA : torch::kCPU);
  std::optional<FolderLock> lock;
  if (group.first() && options.resume) lock.emplace(options.run);
  // a run that was killed before its first checkpoint starts over from where it had started
  const auto checkpoint = options.resume ? read_checkpoint(options.run) : std::nullopt;
  const auto start = checkpoint ? nullptr : start_model(options);
  Trainer trainer(options.recipe, set, options.settings, group, start.get());
  if (checkpoint) trainer.resume(*checkpoint);
  if (group.first()) prepare_folder(options, lock);
  return loop(options, trainer, other ? *other : set, group);
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
    const TomlReader reader(node, file.string(), {"data", "test", "seed", "threads", "device"});
    options.settings.data = reader.text("data");
    options.settings.test = reader.text("test", "");
    options.settings.seed = reader.seed("seed", 1);
    options.settings.threads = static_cast<int>(reader.whole("threads", 0, kMostThreads, 0));
    options.settings.device = reader.text("device", "cpu");
    return options;
  }
  throw Error("resume", file.string(), "it has no table [run]");
}

}  // namespace reverie
