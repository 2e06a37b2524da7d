// reverie evaluate: how well a model does what it was trained for.
#include <fmt/format.h>

#include <CLI/CLI.hpp>

#include "alive.h"
#include "checks.h"
#include "command_line.h"
#include "core/limits.h"
#include "train/frechet.h"
#include "train/likelihood.h"
#include "train/task.h"
#include "verbs.h"

namespace reverie {
namespace {

struct Words {
  std::string model, data, split = "test", leave_out;
  size_t limit = 0;
  int64_t samples = 0, parzen = 0;
  JudgeWords judge;
};

bool is_preset(const Words& w) {
  return !w.judge.style.empty() || !w.judge.predict.empty() || !w.judge.motion.empty() ||
         w.model.ends_with(".toml");
}

int run(const Words& w) {
  if (is_preset(w)) {
    if (!w.data.empty()) throw UsageError("evaluate: --data is for a MODEL, --style for a preset");
    if (!w.judge.predict.empty() && !(w.judge.style.empty() && w.judge.motion.empty()))
      throw UsageError("evaluate: --predict takes no --style and no --motion");
    JudgeWords words = w.judge;
    words.preset = w.model;
#if REVERIE_WITH_MEDIA
    return judge_preset(words);
#else
    throw Error("evaluate", w.model, "this build reads no pictures (REVERIE_MEDIA=OFF)");
#endif
  }
  if (w.data.empty()) throw UsageError("evaluate: --data SET is missing; or --style PICTURE for a preset");
  const std::unique_ptr<Model> model = read_model(w.model);
  RecordSet set = RecordSet::open(w.data);
  if (!w.leave_out.empty()) set.leave_out(w.leave_out);
  const Split split = w.split == "train" ? Split::kTrain : Split::kTest;
  const auto print = [](const std::vector<Figure>& figures) {
    for (const Figure& f : figures) fmt::print("{} {:.{}g}\n", f.name, f.value, f.digits);
  };
  print(figures_of(*model, set, split, w.limit));
  if (w.samples > 0) print(likelihood_figures(*model, set, split, w.limit, w.samples));
  if (w.parzen > 0) print(parzen_figures(*model, set, split, w.limit, w.parzen));
  if (!w.judge.network.empty()) {
    const std::string layer = w.judge.layers == "auto" ? "" : w.judge.layers;
    print(frechet_figures(*model, set, split, w.limit, {w.judge.network, layer}));
  }
  return 0;
}

}  // namespace

Action add_evaluate(CLI::App& app) {
  auto w = std::make_shared<Words>();
  app.add_option("MODEL", w->model, "a model's .safetensors file, a run's folder, or a preset of feedback")
      ->required();
  app.add_option("--data", w->data, "the record set, for a model");
  app.add_option("--split", w->split, "train or test; default test")->check(CLI::IsMember({"train", "test"}));
  app.add_option("--leave-out", w->leave_out, "of a set of clips: this group is the test split")
      ->type_name("GROUP");
  app.add_option("--limit", w->limit, "only the first N pictures, in file order")
      ->check(CLI::Range(int64_t{1}, kMostFrames));
  app.add_option("--importance-samples", w->samples,
                 "of a VAE: its negative log-likelihood in nats, by so many samples for each picture")
      ->check(CLI::Range(int64_t{1}, kMostFrames));
  app.add_option(
         "--parzen-samples", w->parzen,
         "of a generator: the log-likelihood of pictures beside so many samples of it (papers: 10000)")
      ->check(CLI::Range(int64_t{1}, int64_t{1000000}));
  JudgeWords& j = w->judge;
  app.add_option("--style", j.style, "pictures, clips, folders that a preset is compared with")
      ->group("preset");
  app.add_option(
         "--predict", j.predict,
         "a clip: how far its frames are from what the preset makes of those before, 1, 2, 4 and 8 "
         "frames ahead, beside the last frame again, sharp and blurred, and the preset with random weights")
      ->type_name("CLIP")
      ->group("preset");
  app.add_option(
         "--motion", j.motion,
         "a clip, or a .flo file: how otherwise it moves, and how much of its motion goes along the clip's")
      ->type_name("CLIP")
      ->group("preset");
  app.add_option("--motion-speed", j.motion_speed, "--motion: times as fast as that (default 1)")
      ->check(finite_range(-100, 100))
      ->group("preset");
  app.add_option("--held-out", j.held_out,
                 "--predict: the share of the clip, at its end, that it is judged by (default 0.2)")
      ->check(CLI::Range(0.001, 1.0))
      ->group("preset");
  app.add_option("--network", j.network,
                 "whose features are compared: of a generator's samples with the set's pictures (Frechet "
                 "distance), of a preset (default: the one that ships)");
  app.add_option(
      "--layers", j.layers,
      "of it: the layer that is compared (default: the last that has places); of a preset by commas "
      "(default: up to five)");
  app.add_option("--style-size", j.style_size, "shorter side of the style's pictures (default 192)")
      ->check(CLI::Range(16, 4096))
      ->group("preset");
  app.add_option("--scales", j.scales, "sizes that are compared (default 2)")
      ->check(CLI::Range(1, 4))
      ->group("preset");
  app.add_option("--size", j.size,
                 "of the frames (default 256x256; --predict: a shorter side of 96; --motion: 96x96)")
      ->group("preset");
  app.add_option("--frames", j.frames, "that it plays (default 600)")
      ->check(CLI::Range(3, 10000000))
      ->group("preset");
  app.add_option("--seed", j.seed, "of the process (default 1)")
      ->check(whole_number(UINT64_MAX))
      ->group("preset");
  app.add_option("--threads", j.threads, "default: one per core")
      ->check(CLI::Range(1, kMostThreads))
      ->group("preset");
  return [w] { return run(*w); };
}

}  // namespace reverie
