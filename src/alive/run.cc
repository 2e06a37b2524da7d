#include <ATen/Parallel.h>
#include <fmt/format.h>
#include <fmt/ranges.h>

#include <chrono>

#include "alive/training.h"
#include "core/error.h"
#include "core/file.h"
#include "core/limits.h"
#include "core/progress.h"
#include "core/stop.h"
#include "core/text.h"
#include "core/toml_reader.h"
#include "motion/flo.h"
#include "train/run.h"
#include "weights/safetensors.h"

namespace reverie {
namespace {

namespace fs = std::filesystem;
using Clock = std::chrono::steady_clock;

constexpr const char* kRunFile = "alive.toml";
constexpr const char* kCheckpoint = "checkpoint.safetensors";
constexpr const char* kMotionFile = "motion.flo";
constexpr double kMostMinutes = 1e6;

double seconds_since(Clock::time_point then) {
  return std::chrono::duration<double>(Clock::now() - then).count();
}

void write_text(const fs::path& path, const std::string& text) {
  write_file(path, {reinterpret_cast<const uint8_t*>(text.data()), text.size()});
}

std::string texts(const std::vector<std::string>& list) {
  std::vector<std::string> quoted;
  for (const std::string& text : list) quoted.push_back(quote_toml(text));
  return fmt::format("[{}]", fmt::join(quoted, ", "));
}

std::string run_text(const AliveOptions& o) {
  return fmt::format(
      "name = {}\nfrom = {}\nstyle = {}\npredict = {}\nmotion = {}\nset = {}\npreset = {}\nseed = "
      "{}\nthreads = "
      "{}\nminutes = {}\n"
      "device = {}\n",
      quote_toml(o.name), quote_toml(o.from), texts(o.style), quote_toml(o.predict), quote_toml(o.motion),
      texts(o.settings), texts(o.changes), toml_seed(o.seed), o.threads, o.minutes, quote_toml(o.device));
}

void prepare(const AliveOptions& options, const Flow& motion) {
  std::error_code code;
  fs::create_directories(options.run, code);
  if (code) throw Error("make the folder", options.run.string(), code.message());
  if (options.resume) return;
  if (fs::exists(options.run / kCheckpoint, code))
    throw Error("write the run", options.run.string(), "there already is one",
                fmt::format("continue it with --resume {}, or start a new one with another -o",
                            options.run.string()));
  if (!motion.empty()) write_flo(options.run / kMotionFile, motion);
  write_text(options.run / kRunFile, run_text(options));
}

void keep(const AliveOptions& options, const AliveTraining& training) {
  const std::string file = options.name + ".safetensors";
  write_safetensors(options.run / kCheckpoint, training.checkpoint());
  write_safetensors(options.run / file, training.weights(), Stored::kHalf);
  Preset preset = training.preset(options.name, file);
  std::vector<std::string> names;
  for (const std::string& name : options.style) names.push_back(fs::path(name).stem().string());
  preset.about = options.predict.empty()
                     ? fmt::format("feedback that learned from {}", fmt::join(names, ", "))
                     : fmt::format("feedback that plays on as {} does, from any picture",
                                   fs::path(options.predict).stem().string());
  if (!options.motion.empty())
    preset.about += fmt::format(", and moves as {} does", fs::path(options.motion).stem().string());
  write_text(options.run / (options.name + ".toml"), format_preset(preset));
}

// Means over about the last fifty steps.
class Smoothed {
 public:
  std::string line(const AliveStep& s) {
    const double share = std::max(0.02, 1.0 / static_cast<double>(++count_));
    if (mean_.empty()) mean_ = s.parts;
    loss_ += share * (s.loss - loss_);
    std::string line = fmt::format("loss {:.3f}", loss_);
    for (size_t i = 0; i < mean_.size(); ++i) {
      mean_[i].value += share * (s.parts[i].value - mean_[i].value);
      line += fmt::format("  {} {:.{}f}", mean_[i].name, mean_[i].value, mean_[i].digits);
    }
    return line;
  }

 private:
  int64_t count_ = 0;
  double loss_ = 0;
  std::vector<Figure> mean_;
};

}  // namespace

fs::path motion_file(const fs::path& run) {
  return run / kMotionFile;
}

AliveOptions read_alive_run(const fs::path& run) {
  const fs::path file = run / kRunFile;
  const TomlNode root = parse_toml(read_text_file(file), file.string());
  const TomlReader r(root, file.string(),
                     {"name", "from", "style", "predict", "motion", "set", "preset", "seed", "threads",
                      "minutes", "device"});
  const auto list = [&](const char* key) {
    std::vector<std::string> out;
    for (const TomlNode* node : r.list(key)) out.push_back(r.text_at(*node));
    return out;
  };
  AliveOptions o;
  o.run = run;
  o.resume = true;
  o.name = r.text("name");
  o.from = r.text("from");
  o.style = list("style");
  o.predict = r.text("predict", "");
  o.motion = r.text("motion", "");
  o.settings = list("set");
  o.changes = list("preset");
  o.seed = r.seed("seed", 1);
  o.threads = static_cast<int>(r.whole("threads", 0, kMostThreads, 0));
  o.minutes = r.number("minutes", 0, kMostMinutes, 0);
  o.device = r.text("device", "cpu");
  return o;
}

bool run_alive(const AliveOptions& options, AliveSetup setup) {
  set_training_threads(options.threads);
  const int iterations = setup.settings.integer("iterations");
  setup.device = options.device;
  const Flow motion = setup.motion;
  AliveTraining training(std::move(setup));
  prepare(options, motion);
  const FolderLock lock(options.run);
  std::error_code code;
  if (options.resume && fs::exists(options.run / kCheckpoint, code))
    training.resume(read_safetensors(options.run / kCheckpoint));
  Progress progress("train", "iterations", iterations, options.quiet);
  Smoothed smoothed;
  const auto start = Clock::now();
  auto kept = start;
  while (!training.done() && !stop_requested()) {
    if (options.minutes > 0 && seconds_since(start) > 60 * options.minutes) break;
    AliveStep step;
    try {
      step = training.step();
    } catch (const Stopped&) {
      break;
    }
    progress.update(training.iteration(), smoothed.line(step));
    if (seconds_since(kept) < options.checkpoint_seconds) continue;
    keep(options, training);
    kept = Clock::now();
  }
  keep(options, training);
  return !stop_requested();
}

}  // namespace reverie
