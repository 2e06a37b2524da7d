#include "train/vae_stage.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <optional>

#include "core/text.h"
#include "models/vae/vae.h"

namespace reverie {
namespace {

const std::vector<std::string>& refiner_words() {
  static const std::vector<std::string> words = {"none", "identity", "original"};
  return words;
}

const std::vector<std::string>& likelihood_words() {
  static const std::vector<std::string> words = {"gaussian", "bernoulli"};
  return words;
}

std::vector<std::string> texts(const TomlReader& reader, const char* key) {
  std::vector<std::string> all;
  for (const TomlNode* node : reader.list(key)) all.push_back(reader.text_at(*node));
  return all;
}

// Keys that say nothing without another one.
void check_needs(const TomlReader& reader, const std::vector<const char*>& keys, const char* needed) {
  if (reader.find(needed)) return;
  for (const char* key : keys) {
    if (const TomlNode* node = reader.find(key)) reader.fail(*node, fmt::format("{} needs {}", key, needed));
  }
}

bool from_0_to_1(const InputSettings& input) {
  return input.mean == MeanKind::kNone && std::abs(input.scale * 255 - 1) < 1e-6;
}

void check_machines(const TomlReader& reader, const TomlNode& node, const VaeSettings& network,
                    const InputSettings& input) {
  const bool dense =
      !network.spatial && std::all_of(network.encoder.begin(), network.encoder.end(),
                                      [](const auto& word) { return word.starts_with("dense"); });
  if (!dense || !network.decoder.empty() || network.variance || network.norm != VaeNorm::kNone ||
      network.activation != VaeActivation::kSigmoid || network.output != VaeActivation::kSigmoid)
    reader.fail(
        node,
        "machines are dense layers, mirrored, without norm or variance: activation = \"sigmoid\", output = "
        "\"sigmoid\"");
  if (!from_0_to_1(input))
    reader.fail(node, "it needs pictures in 0..1: [input] mean = false, scale = 0.00392156862745098");
}

// As in 2006: for each layer from below a tenth of the steps with a momentum of 0.5, and a hundredth of the
// rate for the codes, which are linear.
std::vector<Stage> machine_stages(const Stage& table, const std::vector<std::string>& layers) {
  constexpr double kFirstMomentum = 0.5, kLinearRate = 0.01;
  constexpr int64_t kFirstPart = 10;
  std::vector<Stage> stages;
  for (const std::string& layer : layers) {
    auto own = std::make_shared<VaeStage>(vae_stage(table));
    own->rbm = layer;
    Stage stage = table;
    stage.own = own;
    if (layer == layers.back()) stage.rate *= kLinearRate;
    Stage first = stage;
    first.iterations = table.iterations / kFirstPart;
    first.momentum = std::min(table.momentum, kFirstMomentum);
    stage.iterations -= first.iterations;
    if (first.iterations > 0) stages.push_back(first);
    stages.push_back(stage);
  }
  return stages;
}

void check_likelihood(const TomlReader& reader, const VaeStage& s, const VaeSettings& network,
                      const InputSettings& input) {
  if (s.likelihood == VaeLikelihood::kBernoulli &&
      (network.output != VaeActivation::kSigmoid || network.variance))
    reader.fail(*reader.find("likelihood"), "bernoulli needs output = \"sigmoid\" and no variance");
  if ((s.likelihood == VaeLikelihood::kBernoulli || s.binarise) && !from_0_to_1(input))
    reader.fail(*reader.find(s.binarise ? "binarise" : "likelihood"),
                "it needs pictures in 0..1: [input] mean = false, scale = 0.00392156862745098");
}

}  // namespace

std::string VaeStage::text() const {
  std::string text =
      fmt::format("reconstructions = {}\npixels = {}\nkl = {}\nkl_warm_up = {}\nfree_bits = {}\n",
                  reconstructions, pixels, kl, kl_warm_up, free_bits) +
      fmt::format("likelihood = \"{}\"\nbinarise = {}\nsample_codes = {}\n",
                  likelihood_words()[static_cast<size_t>(likelihood)], binarise, sample_codes);
  const auto list = [](const std::vector<std::string>& words) {
    std::vector<std::string> quoted;
    for (const std::string& word : words) quoted.push_back(quote_toml(word));
    return join(quoted, ", ");
  };
  if (has_against())
    text += against.text() +
            fmt::format("adversarial_weight = {}\ndiscriminator_features = [{}]\ndiscriminator_weight = {}\n",
                        adversarial_weight, list(discriminator_features), discriminator_weight);
  if (!rbm.empty()) text += fmt::format("rbm = {}\n", quote_toml(rbm));
  if (refine != RefinerTask::kNone)
    text += fmt::format("refine = \"{}\"\noriginal_weight = {}\napart_weight = {}\n",
                        refiner_words()[static_cast<size_t>(refine)], original_weight, apart_weight);
  if (perceptual.empty()) return text;
  text += fmt::format("perceptual = {}\nfeatures = [{}]\nfeature_weight = {}\n", quote_toml(perceptual),
                      list(features), feature_weight);
  if (styles.empty()) return text;
  return text + fmt::format(
                    "styles = [{}]\nstyle_features = [{}]\nstyle_weight = {}\nstyle_scales = {}\n"
                    "content_features = [{}]\ncontent_weight = {}\ncode_weight = {}\nvariation = "
                    "{}\nsteady = {}\n",
                    list(styles), list(style_features), style_weight, style_scales, list(content_features),
                    content_weight, code_weight, variation, steady);
}

std::vector<std::string> machine_layers(const VaeSettings& settings) {
  std::vector<std::string> names;
  for (const VaeLayer& layer : parse_encoder(settings).encoder) names.push_back(layer.name);
  names.emplace_back("mean");
  return names;
}

const VaeStage& vae_stage(const Stage& stage) {
  return dynamic_cast<const VaeStage&>(*stage.own);
}

std::vector<std::string> vae_stage_keys() {
  std::vector<std::string> keys = adversarial_keys();
  for (const char* key : {"reconstructions",
                          "pixels",
                          "kl",
                          "kl_warm_up",
                          "free_bits",
                          "likelihood",
                          "binarise",
                          "sample_codes",
                          "adversarial_weight",
                          "discriminator_features",
                          "discriminator_weight",
                          "perceptual",
                          "features",
                          "feature_weight",
                          "styles",
                          "style_features",
                          "style_weight",
                          "style_scales",
                          "content_features",
                          "content_weight",
                          "code_weight",
                          "variation",
                          "steady",
                          "refine",
                          "original_weight",
                          "apart_weight",
                          "pretrain",
                          "rbm"})
    keys.emplace_back(key);
  return keys;
}

std::vector<Stage> read_vae_stage(const TomlReader& reader, const NetworkSettings& network,
                                  const InputSettings& input, const Stage& common) {
  constexpr double kMost = 1e6;
  auto s = std::make_shared<VaeStage>();
  s->reconstructions = reader.number("reconstructions", 0, 1, s->reconstructions);
  s->pixels = reader.number("pixels", 0, kMost, s->pixels);
  s->kl = reader.number("kl", 0, kMost, s->kl);
  s->kl_warm_up = reader.whole("kl_warm_up", 0, 1000000000, s->kl_warm_up);
  s->free_bits = reader.number("free_bits", 0, 100, s->free_bits);
  s->likelihood = reader.word("likelihood", likelihood_words(), std::optional(s->likelihood));
  s->binarise = reader.flag("binarise", s->binarise);
  s->sample_codes = reader.flag("sample_codes", s->sample_codes);
  check_likelihood(reader, *s, vae_settings(network), input);
  s->against = read_adversarial(reader);
  s->adversarial_weight = reader.number("adversarial_weight", 0, kMost, s->adversarial_weight);
  s->discriminator_features = texts(reader, "discriminator_features");
  s->discriminator_weight = reader.number("discriminator_weight", 0, kMost, s->discriminator_weight);
  check_needs(reader, {"discriminator_weight"}, "discriminator_features");
  check_needs(reader, {"features", "feature_weight", "styles"}, "perceptual");
  check_needs(reader,
              {"style_features", "style_weight", "style_scales", "content_features", "content_weight",
               "code_weight", "variation", "steady"},
              "styles");
  s->perceptual = reader.text("perceptual", "");
  s->features = texts(reader, "features");
  s->feature_weight = reader.number("feature_weight", 0, kMost, s->feature_weight);
  s->styles = texts(reader, "styles");
  s->style_features = texts(reader, "style_features");
  s->style_weight = reader.number("style_weight", 0, kMost, s->style_weight);
  s->style_scales = static_cast<int>(reader.whole("style_scales", 1, 4, s->style_scales));
  s->content_features = texts(reader, "content_features");
  s->content_weight = reader.number("content_weight", 0, kMost, s->content_weight);
  s->code_weight = reader.number("code_weight", 0, kMost, s->code_weight);
  s->variation = reader.number("variation", 0, kMost, s->variation);
  s->steady = reader.number("steady", 0, kMost, s->steady);
  check_needs(reader, {"original_weight", "apart_weight"}, "refine");
  s->refine = reader.word("refine", refiner_words(), std::optional(s->refine));
  s->original_weight = reader.number("original_weight", 0, kMost, s->original_weight);
  s->apart_weight = reader.number("apart_weight", 0, kMost, s->apart_weight);
  if (s->refine != RefinerTask::kNone && vae_settings(network).refiner == 0)
    reader.fail(*reader.find("refine"), "the network has no refiner");
  if (!s->styles.empty() && !vae_settings(network).spatial)
    reader.fail(*reader.find("styles"), "styles need codes that are spatial");
  if (!s->styles.empty() && s->style_features.empty())
    reader.fail(*reader.find("styles"), "styles need style_features");
  const TomlNode* all_machines = reader.find("pretrain");
  if (all_machines) {
    reader.word_at(*all_machines, {"rbm"});
    check_machines(reader, *all_machines, vae_settings(network), input);
  } else if (const TomlNode* one = reader.find("rbm")) {
    check_machines(reader, *one, vae_settings(network), input);
    const std::vector<std::string> layers = machine_layers(vae_settings(network));
    s->rbm = layers[reader.word_at(*one, layers)];
  }
  Stage stage = common;
  stage.own = s;
  if (all_machines) return machine_stages(stage, machine_layers(vae_settings(network)));
  return {stage};
}

}  // namespace reverie
