// reverie probe: a linear classifier on the features of each layer.
#include "train/probe.h"

#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <thread>

#include "checks.h"
#include "command_line.h"
#include "core/error.h"
#include "core/limits.h"
#include "core/log.h"
#include "core/progress.h"
#include "core/stop.h"
#include "core/text.h"
#include "models/family.h"
#include "models/hourglass/model.h"
#include "verbs.h"

namespace reverie {
namespace {

struct Words {
  std::string model, data;
  std::vector<int> levels;
  std::vector<std::string> layers;
  ProbeSettings settings;
  int threads = 0;
  bool quiet = false;
};

// What is probed, and what it is called.
using Asked = std::vector<std::pair<std::string, std::string>>;

Asked asked_levels(const HourglassModel& model, const std::vector<int>& levels) {
  Asked asked;
  const int count = model.net.config().count();
  const auto add = [&](int level) {
    asked.emplace_back(level == 0 ? kPixels : fmt::format("encode{}", level), fmt::format("level {}", level));
  };
  for (const int level : levels) {
    if (level < 0 || level > count)
      throw Error("probe", fmt::format("level {}", level),
                  fmt::format("the model has levels 0 to {}", count));
    add(level);
  }
  for (int level = 0; levels.empty() && level <= count; ++level) add(level);
  return asked;
}

// Where none are named, the pixels and all layers but those of a decoder.
Asked asked_layers(const Model& model, const RecordSet& set, std::vector<std::string> layers) {
  if (layers.empty()) {
    layers.emplace_back(kPixels);
    const auto [height, width] = set.common_size();
    for (const LayerInfo& layer : model.layers(height, width))
      if (!layer.name.starts_with("decode")) layers.push_back(layer.name);
  }
  Asked asked;
  for (const std::string& layer : layers) asked.emplace_back(layer, "layer " + layer);
  return asked;
}

Asked asked_of(const Model& model, const RecordSet& set, const Words& w) {
  const auto* glass = dynamic_cast<const HourglassModel*>(&model);
  if (glass && w.layers.empty()) return asked_levels(*glass, w.levels);
  if (!w.levels.empty()) throw UsageError("--level is of hourglasses alone, without --layer");
  return asked_layers(model, set, w.layers);
}

ProbeResult probe(const Model& model, const RecordSet& set, const std::string& layer, const std::string& name,
                  const Words& w) {
  Progress progress(name, "passes", {}, w.quiet);
  return probe_layer(model, set, layer, w.settings, [&](int passes) {
    progress.update(passes);
    return !stop_requested();
  });
}

int run(const Words& w) {
  at::set_num_threads(w.threads > 0 ? w.threads
                                    : static_cast<int>(std::max(1U, std::thread::hardware_concurrency())));
  const std::unique_ptr<Model> model = read_model(w.model);
  const RecordSet set = RecordSet::open(w.data);
  for (const auto& [layer, name] : asked_of(*model, set, w)) {
    const ProbeResult r = probe(*model, set, layer, name, w);
    if (stop_requested()) {
      note("stopped at " + name);
      return 130;
    }
    fmt::print("{} features {} train {:.4f} test {:.4f} l2 {:g}\n", printable(name), r.features, r.train,
               r.test, r.l2);
    std::fflush(stdout);
    if (!r.converged) {
      warning(fmt::format("{}: still falling after {} passes (--passes allows more)", name,
                          w.settings.most_passes));
    }
  }
  return 0;
}

}  // namespace

Action add_probe(CLI::App& app) {
  auto w = std::make_shared<Words>();
  app.add_option("MODEL", w->model, "a model's .safetensors file, or a run's folder")->required();
  app.add_option("--data", w->data, "a record set with labels, train and test pictures")
      ->required()
      ->type_name("SET");
  app.add_option("--level", w->levels,
                 "of an hourglass only this level, where 0 is the pixels; may be repeated")
      ->type_name("N")
      ->expected(1)
      ->multi_option_policy(CLI::MultiOptionPolicy::TakeAll);
  app.add_option("--layer", w->layers,
                 "only this layer of those that 'reverie layers MODEL' lists, or 'pixels'; may be repeated")
      ->expected(1)
      ->multi_option_policy(CLI::MultiOptionPolicy::TakeAll);
  app.add_option("--grid", w->settings.grid,
                 "average larger maps over NxN cells; 0: use every sample; default 4")
      ->check(CLI::Range(0, 1024))
      ->type_name("N");
  app.add_option("--limit", w->settings.limit, "only the first N training pictures")->type_name("N");
  app.add_option("--l2", w->settings.l2,
                 "penalty on large weights; default: the best on held-out training pictures")
      ->check(finite_range(0, 1e6))
      ->type_name("L");
  app.add_option("--passes", w->settings.most_passes,
                 "the most passes over the training pictures; default 300")
      ->check(CLI::Range(10, 1000000))
      ->type_name("N");
  app.add_option("--threads", w->threads, "default: one per core")->check(CLI::Range(1, kMostThreads));
  app.add_flag("-q,--quiet", w->quiet, "no progress");
  return [w] { return run(*w); };
}

}  // namespace reverie
