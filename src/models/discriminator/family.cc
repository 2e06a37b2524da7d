// Discriminators in recipes and files.
#include <fmt/format.h>

#include "core/error.h"
#include "core/limits.h"
#include "core/text.h"
#include "models/discriminator/discriminator.h"
#include "models/input_file.h"
#include "models/layer_words.h"

namespace reverie {
namespace {

constexpr int kMostTurns = 100;

// Styles give no gains to a network that has no codes.
const std::vector<std::string>& norm_words() {
  static const std::vector<std::string> words = {"none", "batch"};
  return words;
}

class DiscriminatorNetwork : public NetworkSettings {
 public:
  explicit DiscriminatorNetwork(DiscriminatorSettings said) : settings(std::move(said)) {
    for (size_t i = 0; i <= settings.finer.size(); ++i)
      models_.emplace_back(at_scale(settings, i), InputTransform{});
  }

  std::string text() const override {
    std::string text = fmt::format(
        "[discriminator]\nlayers = [{}]\nactivation = \"{}\"\nnorm = \"{}\"\nspectral = {}\npatches = "
        "{}\nturns = "
        "{}\n",
        quoted_layers(settings.layers), vae_activation_words()[static_cast<size_t>(settings.activation)],
        norm_words()[static_cast<size_t>(settings.norm)], settings.spectral, settings.patches,
        settings.turns);
    if (settings.finer.empty()) return text;
    return text + fmt::format("finer = [{}]\n", quoted_layers(settings.finer));
  }

  std::vector<std::string> parameter_names() const override {
    std::vector<std::string> names;
    for (size_t i = 0; i < models_.size(); ++i) {
      const std::string scale = i == 0 ? "" : fmt::format("finer{}.", i);
      for (const ParameterSlice& slice : models_[i].parameters().slices())
        names.push_back(scale + slice.name);
    }
    return names;
  }

  std::unique_ptr<Model> build(const BuildOptions& options) const override {
    if (!settings.finer.empty())
      throw Error("train", "the discriminators", "the generator has no finer scales, and they have");
    DiscriminatorSettings s = settings;
    if (options.width > 0) s.width = options.width;
    if (options.height > 0) s.height = options.height;
    auto model = std::make_unique<DiscriminatorModel>(s, options.input, options.device);
    model->initialise(options.seed);
    return model;
  }

  double weights() const override {
    double numbers = 0;
    for (const DiscriminatorModel& model : models_)
      numbers += static_cast<double>(model.parameters().flat().numel());
    return numbers;
  }

  double activations(int height, int width) const override {
    double numbers = 0;
    for (size_t i = models_.size(); i > 0; --i) {
      for (const LayerInfo& layer : models_[i - 1].layers(height, width))
        numbers += static_cast<double>(layer.channels * layer.height * layer.width);
      height /= 2;
      width /= 2;
    }
    return 2 * numbers;  // of a picture, and of one that was made
  }

  DiscriminatorSettings settings;

 private:
  std::vector<DiscriminatorModel> models_;  // of nominal size, for their names
};

std::shared_ptr<const NetworkSettings> read_recipe(const TomlReader& reader) {
  const TomlNode* list = reader.find("layers");
  if (!list) fail_at_line(reader.file_name(), reader.line(), "'layers' is missing");
  DiscriminatorSettings s;
  s.layers = words_at(reader, "layers");
  s.activation = reader.word("activation", vae_activation_words(), std::optional(s.activation));
  s.norm = reader.word("norm", norm_words(), std::optional(s.norm));
  s.spectral = reader.flag("spectral", s.spectral);
  s.patches = reader.flag("patches", s.patches);
  s.finer = words_at(reader, "finer");
  s.turns = static_cast<int>(reader.whole("turns", 1, kMostTurns, s.turns));
  return reader.at(*list, [&] { return std::make_shared<const DiscriminatorNetwork>(s); });
}

std::unique_ptr<Model> read_file(const TensorFile& file) {
  DiscriminatorSettings s;
  s.layers = words_in(file, "layers");
  s.activation = word_in<VaeActivation>(file, "activation", vae_activation_words());
  s.norm = word_in<VaeNorm>(file, "norm", norm_words());
  s.spectral = file_metadata(file, "spectral") == "true";
  s.patches = file_metadata(file, "patches") == "true";
  s.width = static_cast<int>(file_number(file, "width", 1, kLargestSide));
  s.height = static_cast<int>(file_number(file, "height", 1, kLargestSide));
  auto model = std::make_unique<DiscriminatorModel>(s, read_training_input(file));
  read_parameters(file, model->parameters());
  return model;
}

}  // namespace

DiscriminatorSettings discriminator_settings(const NetworkSettings& settings) {
  return dynamic_cast<const DiscriminatorNetwork&>(settings).settings;
}

Family discriminator_family() {
  return {"discriminator",
          read_file,
          {"layers", "finer", "activation", "norm", "spectral", "patches", "turns"},
          read_recipe};
}

}  // namespace reverie
