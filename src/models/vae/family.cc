// Variational autoencoders and generators in recipes and files.
#include <fmt/format.h>

#include <algorithm>

#include "core/error.h"
#include "core/limits.h"
#include "core/text.h"
#include "models/input_file.h"
#include "models/layer_words.h"
#include "models/vae/refiner.h"
#include "models/vae/vae.h"
#include "weights/hourglass_file.h"

namespace reverie {
namespace {

constexpr int kMostCodes = 4096;

class VaeNetwork : public NetworkSettings {
 public:
  explicit VaeNetwork(VaeSettings said) : settings(std::move(said)), layers_(parse_vae(settings)) {}

  std::string text() const override {
    const VaeSettings& s = settings;
    std::string text = s.encoder.empty()
                           ? fmt::format("[{}]\ngenerator = [{}]\ntop = {}\n",
                                         s.finer.empty() ? "gan" : "lapgan", quoted_layers(s.decoder), s.top)
                           : fmt::format("[vae]\nencoder = [{}]\n", quoted_layers(s.encoder));
    if (!s.finer.empty()) text += fmt::format("finer = [{}]\n", quoted_layers(s.finer));
    if (!s.finer.empty() || !s.encoder.empty()) text += fmt::format("conditional = {}\n", s.conditional);
    if (!s.encoder.empty() && !s.decoder.empty())
      text += fmt::format("decoder = [{}]\n", quoted_layers(s.decoder));
    text += fmt::format("codes = {}\nspatial = {}\n", s.codes, s.spatial);
    if (s.width > 0) text += fmt::format("size = \"{}x{}\"\n", s.width, s.height);
    text += fmt::format(
        "activation = \"{}\"\nnorm = \"{}\"\npadding = \"{}\"\noutput = \"{}\"\noutput_norm = {}\n",
        vae_activation_words()[static_cast<size_t>(s.activation)],
        vae_norm_words()[static_cast<size_t>(s.norm)], vae_padding_words()[static_cast<size_t>(s.padding)],
        vae_activation_words()[static_cast<size_t>(s.output)], s.output_norm);
    if (s.encoder.empty()) return text;
    return text + fmt::format("mirrored_kernels = {}\ntied = {}\nvariance = {}\ngrey = {}\nrefiner = {}\n",
                              s.mirrored_kernels, s.tied, s.variance, s.grey, s.refiner);
  }

  std::vector<std::string> parameter_names() const override {
    std::vector<std::string> names;
    const Layout layout = vae_layout(settings);
    for (const ParameterSlice& slice : layout.slices()) names.push_back(slice.name);
    return names;
  }

  std::unique_ptr<Model> build(const BuildOptions& options) const override {
    auto model = std::make_unique<VaeModel>(settings, options.labels, options.input, options.device);
    model->initialise(options.seed);
    return model;
  }

  double weights() const override { return static_cast<double>(vae_layout(settings).size()); }

  double activations(int height, int width) const override {
    double numbers = 0;
    for (size_t n = layers_.finer.size(); n > 0; --n) {
      for (const VaeLayer& layer : layers_.finer[n - 1])
        numbers += static_cast<double>(height) * width * layer.upper;
      height /= 2;
      width /= 2;
    }
    double places = static_cast<double>(height) * width;
    const auto add = [&](const VaeLayer& layer) {
      const double step = static_cast<double>(layer.stride) * layer.stride;
      if (layer.op == VaeOp::kConvolution) places /= step;
      if (makes_larger(layer)) places *= step;
      numbers += layer.op == VaeOp::kDense ? layer.upper : places * layer.upper;
    };
    for (const VaeLayer& layer : layers_.encoder) add(layer);
    for (const VaeLayer& layer : layers_.decoder) add(layer);
    places = static_cast<double>(height) * width;
    if (settings.refiner > 0) {
      for (const VaeLayer& layer : refiner_layers(settings.refiner)) add(layer);
    }
    return numbers;
  }

  VaeSettings settings;

 private:
  VaeLayers layers_;
};

void read_size(const std::string& text, VaeSettings& s) {
  if (text.empty()) return;
  const std::vector<std::string> sides = split(text, 'x');
  const auto side = [&](size_t i) {
    const double value = i < sides.size() ? to_number(sides[i]).value_or(0) : 0;
    if (!(value >= 1 && value <= kLargestSide) || sides.size() != 2)
      throw Error("understand the size", in_quotes(text), "it is no WxH in pixels", "size = \"320x180\"");
    return static_cast<int>(value);
  };
  s.width = side(0);
  s.height = side(1);
}

// The keys that both families have.
void read_common(const TomlReader& reader, VaeSettings& s) {
  s.codes = static_cast<int>(reader.whole("codes", 1, kMostCodes, s.codes));
  s.spatial = reader.flag("spatial", s.spatial);
  const TomlNode* size = reader.find("size");
  if (size) reader.at(*size, [&] { read_size(reader.text_at(*size), s); });
  s.activation = reader.word("activation", vae_activation_words(), std::optional(s.activation));
  s.norm = reader.word("norm", vae_norm_words(), std::optional(s.norm));
  s.padding = reader.word("padding", vae_padding_words(), std::optional(s.padding));
  s.output = reader.word("output", vae_activation_words(), std::optional(s.output));
  s.output_norm = reader.flag("output_norm", s.output_norm);
}

const TomlNode& layers_at(const TomlReader& reader, const char* key) {
  const TomlNode* list = reader.find(key);
  if (!list) fail_at_line(reader.file_name(), reader.line(), fmt::format("'{}' is missing", key));
  return *list;
}

std::shared_ptr<const NetworkSettings> read_recipe(const TomlReader& reader) {
  const TomlNode& list = layers_at(reader, "encoder");
  VaeSettings s;
  s.encoder = words_at(reader, "encoder");
  s.decoder = words_at(reader, "decoder");
  read_common(reader, s);
  s.conditional = reader.flag("conditional", s.conditional);
  s.mirrored_kernels = reader.flag("mirrored_kernels", s.mirrored_kernels);
  s.tied = reader.flag("tied", s.tied);
  s.variance = reader.flag("variance", s.variance);
  s.grey = reader.flag("grey", s.grey);
  s.refiner = static_cast<int>(reader.whole("refiner", 0, kMostChannels, s.refiner));
  return reader.at(list, [&] {
    if (s.encoder.empty()) throw Error("build", "a VAE", "its encoder has no layers");
    return std::make_shared<const VaeNetwork>(s);
  });
}

// Radford, Metz and Chintala 2016, "Unsupervised Representation Learning with Deep Convolutional Generative
// Adversarial Networks", for what is not said.
std::shared_ptr<const NetworkSettings> read_generator(const TomlReader& reader) {
  const TomlNode& list = layers_at(reader, "generator");
  VaeSettings s;
  s.codes = 100;
  s.spatial = false;
  s.activation = VaeActivation::kRelu;
  s.norm = VaeNorm::kBatch;
  s.output = VaeActivation::kTanh;
  s.decoder = words_at(reader, "generator");
  s.top = static_cast<int>(reader.whole("top", 1, kMostChannels, 0));
  s.finer = words_at(reader, "finer");
  s.conditional = reader.flag("conditional", s.conditional);
  read_common(reader, s);
  return reader.at(list, [&] { return std::make_shared<const VaeNetwork>(s); });
}

std::shared_ptr<const NetworkSettings> read_scales(const TomlReader& reader) {
  if (words_at(reader, "finer").empty())
    fail_at_line(reader.file_name(), reader.line(), "'finer' is missing: the layers of each finer scale");
  return read_generator(reader);
}

const std::vector<std::string>& generator_keys() {
  static const std::vector<std::string> keys = {"generator",  "top",  "codes",   "spatial", "size",
                                                "activation", "norm", "padding", "output",  "output_norm"};
  return keys;
}

}  // namespace

std::unique_ptr<Model> read_vae(const TensorFile& file) {
  VaeSettings s;
  const std::string family = family_of(file);
  if (family == "gan" || family == "lapgan") {
    s.top = static_cast<int>(file_number(file, "top", 1, kMostChannels));
  } else {
    s.encoder = words_in(file, "encoder");
  }
  if (file.metadata.contains("decoder")) s.decoder = words_in(file, "decoder");
  if (family == "lapgan") s.finer = split(file_metadata(file, "finer"), '\n');
  s.conditional = file.metadata.contains("conditional") && file_metadata(file, "conditional") == "true";
  s.codes = static_cast<int>(file_number(file, "codes", 1, kMostCodes));
  s.spatial = file_metadata(file, "spatial") == "true";
  if (file.metadata.contains("size")) read_size(file_metadata(file, "size"), s);
  s.activation = word_in<VaeActivation>(file, "activation", vae_activation_words());
  s.norm = word_in<VaeNorm>(file, "norm", vae_norm_words());
  s.padding = word_in<VaePadding>(file, "padding", vae_padding_words());
  s.output = word_in<VaeActivation>(file, "output", vae_activation_words());
  s.output_norm = file_metadata(file, "output_norm") == "true";
  s.mirrored_kernels = file_metadata(file, "mirrored_kernels") == "true";
  s.tied = file.metadata.contains("tied") && file_metadata(file, "tied") == "true";
  s.variance = file.metadata.contains("variance") && file_metadata(file, "variance") == "true";
  s.grey = file.metadata.contains("grey") && file_metadata(file, "grey") == "true";
  if (file.metadata.contains("refiner"))
    s.refiner = static_cast<int>(file_number(file, "refiner", 1, kMostChannels));
  std::vector<std::string> labels = read_file_labels(file, 0);
  if (s.conditional) s.classes = static_cast<int>(labels.size());
  if (static_cast<double>(vae_layout(s).size()) > count_numbers(file))
    throw Error("read", file.name, "it has fewer weights than its layers ask for");
  auto model = std::make_unique<VaeModel>(s, std::move(labels), read_training_input(file));
  read_parameters(file, model->parameters());
  return model;
}

std::map<std::string, std::string> vae_metadata(const VaeSettings& s) {
  std::map<std::string, std::string> m = {
      {"codes", std::to_string(s.codes)},
      {"spatial", s.spatial ? "true" : "false"},
      {"activation", vae_activation_words()[static_cast<size_t>(s.activation)]},
      {"norm", vae_norm_words()[static_cast<size_t>(s.norm)]},
      {"padding", vae_padding_words()[static_cast<size_t>(s.padding)]},
      {"output", vae_activation_words()[static_cast<size_t>(s.output)]},
      {"output_norm", s.output_norm ? "true" : "false"},
      {"mirrored_kernels", s.mirrored_kernels ? "true" : "false"}};
  if (s.encoder.empty()) m["top"] = std::to_string(s.top);
  if (!s.encoder.empty()) m["encoder"] = join(s.encoder, ", ");
  if (!s.decoder.empty()) m["decoder"] = join(s.decoder, ", ");
  if (!s.finer.empty()) m["finer"] = join(s.finer, "\n");
  if (s.conditional) m["conditional"] = "true";
  if (s.tied) m["tied"] = "true";
  if (s.variance) m["variance"] = "true";
  if (s.grey) m["grey"] = "true";
  if (s.refiner > 0) m["refiner"] = std::to_string(s.refiner);
  if (s.width > 0) m["size"] = fmt::format("{}x{}", s.width, s.height);
  return m;
}

VaeSettings vae_settings(const NetworkSettings& settings) {
  return dynamic_cast<const VaeNetwork&>(settings).settings;
}

Family vae_family() {
  return {"vae",
          read_vae,
          {"encoder", "decoder", "codes", "spatial", "size", "activation", "norm", "padding", "output",
           "output_norm", "conditional", "mirrored_kernels", "tied", "variance", "grey", "refiner"},
          read_recipe};
}

Family gan_family() {
  return {"gan", read_vae, generator_keys(), read_generator};
}

Family lapgan_family() {
  std::vector<std::string> keys = generator_keys();
  keys.insert(keys.end(), {"finer", "conditional"});
  return {"lapgan", read_vae, keys, read_scales};
}

}  // namespace reverie
