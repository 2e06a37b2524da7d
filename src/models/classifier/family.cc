// Classifiers in recipes and files.
#include <fmt/format.h>

#include "core/error.h"
#include "core/text.h"
#include "models/classifier/classifier.h"
#include "models/input_file.h"
#include "models/layer_words.h"

namespace reverie {
namespace {

constexpr int kLargestTrainingSide = 16384;

class ClassifierSettings : public NetworkSettings {
 public:
  explicit ClassifierSettings(std::vector<std::string> words)
      : words_(std::move(words)), layers_(parse_classifier(words_)) {}

  std::string text() const override {
    std::vector<std::string> quoted;
    for (const std::string& word : words_) quoted.push_back(quote_toml(word));
    return fmt::format("[classifier]\nlayers = [{}]\n", join(quoted, ", "));
  }

  std::vector<std::string> parameter_names() const override {
    std::vector<std::string> names;
    const auto convolution = [&](const std::string& name) {
      for (const char* part : {".weight", ".norm.weight", ".norm.bias"}) names.push_back(name + part);
    };
    for (const ClassifierLayer& layer : layers_) {
      if (layer.op == ClassifierOp::kConvolution) convolution(layer.name);
      if (layer.op == ClassifierOp::kResidual) {
        convolution(layer.name + ".conv1");
        convolution(layer.name + ".conv2");
      }
      if (layer.op == ClassifierOp::kDense || layer.op == ClassifierOp::kSigmoid) {
        names.push_back(layer.name + ".weight");
        names.push_back(layer.name + ".bias");
      }
    }
    names.emplace_back("scores.weight");
    names.emplace_back("scores.bias");
    return names;
  }

  std::unique_ptr<Model> build(const BuildOptions& options) const override {
    if (options.labels.size() < 2)
      throw Error("train", "a classifier", "the record set does not have two labels or more",
                  "import folders of pictures, one per label, or a labelled data set");
    auto model = std::make_unique<ClassifierModel>(words_, options.labels, options.input, options.device);
    model->initialise(options.seed);
    model->side = options.side;
    return model;
  }

  double weights() const override {
    double weights = 0;
    double below = 3;
    for (const ClassifierLayer& layer : layers_) {
      const double taps = static_cast<double>(layer.kernel) * layer.kernel;
      if (layer.op == ClassifierOp::kConvolution) weights += below * layer.channels * taps;
      if (layer.op == ClassifierOp::kResidual) weights += 2 * below * below * taps;
      if (layer.op == ClassifierOp::kDense || layer.op == ClassifierOp::kSigmoid)
        weights += below * layer.channels;
      below = layer.channels;
    }
    return weights;
  }

  // Of every convolution what it makes and what the normalisation makes of that.
  double activations(int height, int width) const override {
    double activations = 0;
    double samples = static_cast<double>(height) * width;
    for (const ClassifierLayer& layer : layers_) {
      if (layer.op == ClassifierOp::kConvolution) {
        samples /= static_cast<double>(layer.stride) * layer.stride;
        activations += 2 * samples * layer.channels;
      }
      if (layer.op == ClassifierOp::kFlat) samples = 1;
      if (layer.op == ClassifierOp::kResidual) activations += 4 * samples * layer.channels;
      const bool pool = layer.op == ClassifierOp::kMax || layer.op == ClassifierOp::kMean;
      if (pool)
        samples = layer.kernel == 0 ? 1 : samples / (static_cast<double>(layer.kernel) * layer.kernel);
    }
    return activations;
  }

 private:
  std::vector<std::string> words_;
  std::vector<ClassifierLayer> layers_;
};

std::shared_ptr<const NetworkSettings> read_recipe(const TomlReader& reader) {
  const TomlNode* list = reader.find("layers");
  if (!list) fail_at_line(reader.file_name(), reader.line(), "'layers' is missing");
  const std::vector<std::string> words = words_at(reader, "layers");
  return reader.at(*list, [&] { return std::make_shared<const ClassifierSettings>(words); });
}

std::unique_ptr<Model> read_file(const TensorFile& file) {
  const std::vector<std::string> words = words_in(file, "layers");
  const std::vector<std::string> labels = read_file_labels(file, 2);
  // before memory is taken for what the words ask for
  if (ClassifierSettings(words).weights() > count_numbers(file))
    throw Error("read", file.name, "it has fewer weights than its layers ask for");
  auto model = std::make_unique<ClassifierModel>(words, labels, read_training_input(file));
  model->side = static_cast<int>(file_number(file, "side", 1, kLargestTrainingSide));
  read_parameters(file, model->parameters());
  return model;
}

}  // namespace

Family classifier_family() {
  return {"classifier", read_file, {"layers"}, read_recipe};
}

}  // namespace reverie
