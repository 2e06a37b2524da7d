// reverie layers: what the layers of a model are, and what they look for.
#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <tuple>

#include "atlas.h"
#include "command_line.h"
#include "core/limits.h"
#include "core/text.h"
#include "models/family.h"
#include "moving_filters.h"
#include "preset_options.h"
#include "verbs.h"

namespace reverie {
namespace {

constexpr int64_t kUnknownSide = 224;

struct Words {
  std::string model, size, output;
  bool draws = false, filters = false;
  AtlasWords atlas;
};

#if REVERIE_WITH_MEDIA
int draw(Words w) {
  if (!w.size.empty()) throw UsageError("--atlas chooses the size of its pictures itself");
  const std::filesystem::path model = w.model;
  const std::string stem = (model.has_filename() ? model : model.parent_path()).stem().string();
  w.atlas.output = w.output.empty() ? fmt::format("out/{}-atlas", stem) : w.output;
  return write_atlas(read_model(w.model), w.atlas);
}
#endif

int run(const Words& w) {
#if REVERIE_WITH_MEDIA
  if (w.draws && w.filters) throw UsageError("--atlas and --filters are two different sheets");
  if (w.draws) return draw(w);
  if (w.filters) {
    const std::string output = w.output.empty() ? "out/filters.gif" : w.output;
    refuse_overwriting(output, {w.model});
    write_moving_filters(*read_model(w.model), output);
    fmt::print("{}\n", printable(output));
    return 0;
  }
  if (!w.output.empty() || !w.atlas.layers.empty())
    throw UsageError("-o and --layer go with --atlas or --filters");
#endif
  const std::unique_ptr<Model> model = read_model(w.model);
  int64_t width = model->trained_side() > 0 ? model->trained_side() : kUnknownSide;
  int64_t height = width;
  if (!w.size.empty()) std::tie(width, height) = parse_size(w.size);
  const std::vector<LayerInfo> layers = model->layers(height, width);
  std::vector<std::string> names = {"layer"};
  for (const LayerInfo& layer : layers) names.push_back(printable(layer.name));
  const auto wider = [](const std::string& a, const std::string& b) { return a.size() < b.size(); };
  const size_t column = std::max_element(names.begin(), names.end(), wider)->size();
  fmt::print("{:<{}}  channels  {:>11}  sees  step\n", names[0], column, "size");
  for (size_t i = 0; i < layers.size(); ++i) {
    const LayerInfo& layer = layers[i];
    fmt::print("{:<{}}  {:>8}  {:>11}  {:>4}  {:>4g}{}\n", names[i + 1], column, layer.channels,
               fmt::format("{}x{}", layer.width, layer.height), layer.receptive, layer.step,
               layer.name == model->scores_layer() ? "  scores" : "");
  }
  return 0;
}

}  // namespace

Action add_layers(CLI::App& app) {
  auto w = std::make_shared<Words>();
  app.add_option("MODEL", w->model,
                 "a model's .safetensors file, a run's folder, or a .caffemodel beside its .prototxt")
      ->required();
  app.add_option("--size", w->size, "of the pictures; default that of the training")->type_name("WxH");
#if REVERIE_WITH_MEDIA
  app.add_flag(
      "--atlas", w->draws,
      "write a sheet for each layer: what each channel looks for, dreamed from noise, with its number; "
      "a call that was stopped goes on where it was");
  app.add_flag("--filters", w->filters,
               "write the first layer's filters as a moving picture, of networks that watch videos: -o "
               "filters.gif, .mp4 and so on");
  app.add_option("-o,--output", w->output,
                 "the folder of the atlas; default out/MODEL-atlas; or the moving picture of --filters")
      ->type_name("DIR");
  app.add_option("--layer", w->atlas.layers,
                 "only these; default all that differ in shape from the one before")
      ->type_name("NAME")
      ->expected(1)
      ->multi_option_policy(CLI::MultiOptionPolicy::TakeAll);
  app.add_option("--steps", w->atlas.steps, "for each channel; default 96")->check(CLI::Range(1, 100000));
  app.add_option("--seed", w->atlas.seed, "of the noise; default 1");
  app.add_option("--threads", w->atlas.threads, "0: one per core")->check(CLI::Range(0, kMostThreads));
  app.add_flag("-q,--quiet", w->atlas.quiet, "no progress");
#endif
  return [w] { return run(*w); };
}

}  // namespace reverie
