// reverie mogrify: carries the style of paintings onto a picture or a video.
#include <fmt/format.h>

#include <CLI/CLI.hpp>

#include "clip.h"
#include "command_line.h"
#include "core/text.h"
#include "media/picture.h"
#include "preset_options.h"
#include "style/embeddings.h"
#include "verbs.h"

namespace reverie {
namespace {

struct Words : ClipWords {
  std::string input, output, model, styles, from;
  std::vector<std::string> toward, set;
  std::optional<double> alpha, beta;
  bool list = false;
};

void apply_words(const Words& w, Chain& chain) {
  const auto number = [](const std::optional<double>& n) { return n ? fmt::format("{}", *n) : ""; };
  const std::vector<ParameterOption> options = {
      {"--model", "model", from_anywhere(w.model)},  {"--styles", "styles", from_anywhere(w.styles)},
      {"--toward", "toward", join(w.toward, " + ")}, {"--from", "from", w.from},
      {"--alpha", "alpha", number(w.alpha)},         {"--beta", "beta", number(w.beta)}};
  refuse_said_twice(options, w.set);
  for (const ParameterOption& o : options) {
    if (!o.value.empty()) apply_value(o.option, o.name, o.value, chain);
  }
  apply_sets(w.set, chain);
}

int list_styles(const Chain& chain) {
  const Preset& preset = chain.parts[0].preset;
  const std::unique_ptr<Model> model = read_model(find_asset(preset, preset.values.text("model")));
  const VaeModel& vae = as_vae(*model, "list the styles of");
  LabelStatistics labels = labels_of_model(vae);
  if (const std::string& file = preset.values.text("styles"); !file.empty()) {
    for (auto& [name, statistics] : read_label_statistics(find_asset(preset, file), vae))
      labels[name] = statistics;
  }
  for (const auto& [name, statistics] : labels) fmt::print("{}\n", name);
  return 0;
}

int run(Words w) {
  if (w.input.empty() && !w.list) throw UsageError("INPUT is missing: a picture or a video");
  if (w.output.empty() && !w.list) {
    const std::string stem = std::filesystem::path(w.input).stem().string();
    w.output = fmt::format("out/{}-mogrified.{}", stem, is_picture_name(w.input) ? "png" : "mp4");
  }
  Chain chain = load_chain("mogrify");
  apply_words(w, chain);
  if (w.list) return list_styles(chain);
  refuse_overwriting(w.output, {w.input, w.model, w.styles});
  return render_clip(clip_request(w, std::move(chain), w.input, w.output));
}

}  // namespace

Action add_mogrify(CLI::App& app) {
  auto w = std::make_shared<Words>();
  app.add_option("INPUT", w->input, "a picture or a video");
  app.add_option("-o,--output", w->output,
                 "a picture, or a video as for `render`; default out/INPUT-mogrified.png or .mp4")
      ->type_name("OUT");
  app.add_option("--model", w->model, "a trained VAE: its .safetensors file, or a run's folder")
      ->type_name("M");
  app.add_option("--toward", w->toward,
                 "a style, with a weight if there are several: scream*0.7; --list says which there are")
      ->type_name("LABEL[*W]")
      ->expected(1)
      ->multi_option_policy(CLI::MultiOptionPolicy::TakeAll);
  app.add_option("--styles", w->styles, "more styles: a file that `reverie embed` made")->type_name("FILE");
  app.add_option("--from", w->from,
                 "of models with one code vector: the label whose mean is subtracted; default the mean of "
                 "the whole clip, looked at first")
      ->type_name("LABEL");
  app.add_option("--alpha", w->alpha, "how much of it is subtracted; default 0.25");
  app.add_option("--beta", w->beta, "how far toward the style; default 1");
  app.add_flag("--list", w->list, "print the model's styles, a line each");
  app.add_option("--set", w->set,
                 "any parameter of the effect, such as side=240 (`reverie parameters mogrify`)")
      ->type_name("NAME=VALUE")
      ->expected(1)
      ->multi_option_policy(CLI::MultiOptionPolicy::TakeAll);
  add_clip_options(app, *w);
  return [w] { return run(*w); };
}

}  // namespace reverie
