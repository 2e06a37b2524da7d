// reverie probe: a linear classifier on the features of each level.
#include "train/probe.h"

#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <thread>

#include "checks.h"
#include "core/limits.h"
#include "core/log.h"
#include "core/progress.h"
#include "core/stop.h"
#include "verbs.h"

namespace reverie {
namespace {

struct Words {
  std::string model, data;
  std::vector<int> levels;
  ProbeSettings settings;
  int threads = 0;
  bool quiet = false;
};

ProbeResult probe(const HourglassModel& model, const RecordSet& set, int level, const Words& w) {
  Progress progress(fmt::format("level {}", level), "passes", {}, w.quiet);
  return probe_level(model, set, level, w.settings, [&](int passes) {
    progress.update(passes);
    return !stop_requested();
  });
}

int run(const Words& w) {
  at::set_num_threads(w.threads > 0 ? w.threads
                                    : static_cast<int>(std::max(1U, std::thread::hardware_concurrency())));
  const HourglassModel model = read_hourglass(w.model);
  const RecordSet set = RecordSet::open(w.data);
  std::vector<int> levels = w.levels;
  for (int l = 0; w.levels.empty() && l <= model.net.config().count(); ++l) levels.push_back(l);
  for (const int level : levels) {
    const ProbeResult r = probe(model, set, level, w);
    if (stop_requested()) {
      note(fmt::format("stopped at level {}", level));
      return 130;
    }
    fmt::print("level {} features {} train {:.4f} test {:.4f} l2 {:g}\n", r.level, r.features, r.train,
               r.test, r.l2);
    std::fflush(stdout);
    if (!r.converged) {
      warning(fmt::format("level {}: still falling after {} passes (--passes allows more)", level,
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
  app.add_option("--level", w->levels, "only this level, where 0 is the pixels; may be repeated")
      ->type_name("N")
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
