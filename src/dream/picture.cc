#include "dream/picture.h"

#include <fmt/format.h>

#include "core/error.h"
#include "core/text.h"
#include "dream/effect.h"
#include "dream/enhance.h"
#include "dream/lucid.h"
#include "models/family.h"
#include "models/pictures.h"

namespace reverie {
namespace {

constexpr double kDiversity = 0.5;

Objective objective_of(const DreamRequest& r) {
  const ParameterValues& values = *r.values;
  ObjectiveSettings s;
  const std::string& layers = values.text("layers");
  if (layers != "auto") s.sums = parse_dream_layers(layers);
  const Networks networks = read_networks(values.text("model"), s.sums, r.find_file);
  if (layers == "auto") s.sums = parse_dream_layers(default_layer(*networks.at("")));
  s.measure =
      r.style == "lucid" && !values.is_given("measure") ? Measure::kMean : values.choice<Measure>("measure");
  s.diversity = r.batch > 1 ? kDiversity : 0;
  if (const std::string& guide = values.text("guide"); !guide.empty())
    s.guide = r.read_picture(r.find_file(guide));
  return Objective(networks, std::move(s), r.find_file);
}

// steps: the style's own, unless they are given.
int steps_of(const DreamRequest& r, int own) {
  return r.values->is_given("steps") ? r.values->integer("steps") : own;
}

torch::Tensor lucid_of(const DreamRequest& r, Objective& objective, const OnDreamStep& on_step) {
  LucidSettings s;
  s.height = r.picture.height();
  s.width = r.picture.width();
  s.batch = r.batch;
  s.steps = steps_of(r, s.steps);
  s.position = r.values->number("position");
  return lucid(objective, s, Random(r.seed), on_step);
}

}  // namespace

std::vector<Planes> dream_pictures(const DreamRequest& r, const OnDreamPicture& told) {
  at::set_num_threads(r.threads);
  Objective objective = objective_of(r);
  const torch::Tensor picture = from_picture(r.picture);
  const OnDreamStep on_step = [&](const DreamStep& at, const torch::Tensor& now) {
    if (!told) return;
    told(at, [&] { return to_picture(resized(now.slice(0, 0, 1), picture.size(2), picture.size(3))); });
  };
  torch::Tensor made;
  if (r.style == "lucid") {
    made = lucid_of(r, objective, on_step);
  } else if (r.style == "enhance") {
    EnhanceSettings s;
    s.factor = r.factor;
    s.steps = steps_of(r, s.steps);
    made = enhance(objective, picture, s, on_step);
  } else {
    torch::NoGradGuard no_grad;
    const torch::Tensor mask = dream_mask(r.values->text("mask"), r.picture, [&](const std::string& name) {
      return r.read_picture(r.find_file(name));
    });
    made = dream(objective, picture, dream_settings(*r.values), Random(r.seed), mask, on_step);
  }
  std::vector<Planes> all;
  for (int64_t i = 0; i < made.size(0); ++i) all.push_back(to_picture(made.slice(0, i, i + 1)));
  return all;
}

Planes dream_noise(int height, int width, uint64_t seed) {
  constexpr float kSpread = 0.15F;
  const Random draw = Random(seed).split(1);
  Planes out(3, height, width);
  for (size_t i = 0; i < out.data().size(); ++i)
    out.data()[i] = 0.5F + kSpread * (draw.signed_at(2 * i) + draw.signed_at(2 * i + 1));
  return out;
}

std::string class_term(const std::filesystem::path& model, const std::string& label) {
  const std::unique_ptr<Model> network = read_model(model);
  if (network->scores_layer().empty())
    throw Error("dream of the class", label, "the network is no classifier", "ask for a layer with --layer");
  const std::vector<std::string>& labels = network->labels();
  if (to_number(label)) return fmt::format("{}:{}", network->scores_layer(), label);
  for (size_t i = 0; i < labels.size(); ++i) {
    // ImageNet's labels are lists of words
    for (const std::string& word : split(labels[i], ',')) {
      if (lower(std::string(trim(word))) == lower(label))
        return fmt::format("{}:{}", network->scores_layer(), i);
    }
  }
  throw Error("dream of the class", label, "the network has no such label" + did_you_mean(label, labels));
}

std::string default_model() {
  static const ParameterTable table(dream_parameters());
  return ParameterValues(table).text("model");
}

}  // namespace reverie
