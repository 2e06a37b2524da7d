#include "models/classifier/classifier.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "core/error.h"
#include "core/text.h"
#include "models/input_file.h"
#include "models/lean.h"
#include "models/normalised.h"
#include "models/random_weights.h"

namespace reverie {
namespace {

constexpr const char* kScores = "scores";

void add_convolution(const std::string& name, int lower, int upper, int kernel, Layouts& to) {
  add_normalised(name, {upper, lower, kernel, kernel}, lower * kernel * kernel, to);
}

Layouts layouts_of(const std::vector<ClassifierLayer>& layers, size_t labels) {
  Layouts all;
  int channels = 3;
  for (const ClassifierLayer& layer : layers) {
    if (layer.op == ClassifierOp::kConvolution)
      add_convolution(layer.name, channels, layer.channels, layer.kernel, all);
    if (layer.op == ClassifierOp::kResidual) {
      add_convolution(layer.name + ".conv1", channels, channels, 3, all);
      add_convolution(layer.name + ".conv2", channels, channels, 3, all);
    }
    if (layer.op == ClassifierOp::kDense || layer.op == ClassifierOp::kSigmoid)
      add_dense(layer.name, channels, layer.channels, all);
    channels = layer.channels;
  }
  add_dense(kScores, channels, static_cast<int>(labels), all);
  return all;
}

std::vector<std::string> names_of(const std::vector<ClassifierLayer>& layers) {
  std::vector<std::string> names;
  for (const ClassifierLayer& layer : layers) names.push_back(layer.name);
  names.emplace_back(kScores);
  return names;
}

}  // namespace

// The parameters cut up, taken one after the other as the layers ask for them.
class ClassifierModel::Pass {
 public:
  Pass(std::vector<torch::Tensor> weights, std::vector<torch::Tensor> buffers, bool learning,
       const DropoutPlace& dropout, const PassOptions& options = {})
      : weights_(std::move(weights)),
        buffers_(std::move(buffers)),
        learning_(learning),
        dropout_(dropout),
        options_(options) {}

  torch::Tensor run(const ClassifierLayer& layer, const torch::Tensor& x) {
    switch (layer.op) {
      case ClassifierOp::kConvolution:
        return convolution(x, layer.stride);
      case ClassifierOp::kResidual: {
        const torch::Tensor inner = convolution(x);
        return x + convolution(inner);
      }
      case ClassifierOp::kMax:
        return layer.kernel == 0 ? x.amax(at::IntArrayRef({2, 3})) : max_pool(x, layer.kernel);
      case ClassifierOp::kMean:
        return layer.kernel == 0 ? x.mean(at::IntArrayRef({2, 3})) : torch::avg_pool2d(x, layer.kernel);
      case ClassifierOp::kDropout:
        return learning_ && layer.share > 0 ? drop(x, layer.share, dropout_, drops_++) : x;
      case ClassifierOp::kDense:
        return learning_ ? torch::relu(dense(x)) : lean_relu(dense(x), options_);
      case ClassifierOp::kSigmoid:
        return torch::sigmoid(dense(x));
      case ClassifierOp::kGrey:
        return luma(x);
      case ClassifierOp::kFlat:
        return flat(x, layer);
    }
    return x;
  }

  torch::Tensor dense(const torch::Tensor& x) {
    const torch::Tensor& weight = next();
    return torch::linear(x, weight, next());
  }

  torch::Tensor max_pool(const torch::Tensor& x, int64_t side) const {
    return learning_ ? torch::max_pool2d(x, side) : lean_max_pool(x, {{side, side}, {side, side}});
  }

 private:
  static torch::Tensor flat(const torch::Tensor& x, const ClassifierLayer& layer) {
    if (x.size(2) != layer.height || x.size(3) != layer.width)
      throw Error("look at", "a picture",
                  fmt::format("`flat` gets {}x{} of it, and this network takes {}x{}", x.size(3), x.size(2),
                              layer.width, layer.height));
    return x.flatten(1);
  }

  torch::Tensor convolution(const torch::Tensor& x, int stride = 1) {
    const Normalised layer = {next(), next(), next(), buffers_[buffer_], buffers_[buffer_ + 1], stride};
    buffer_ += 2;
    return learning_ ? learn_normalised(x, layer) : use_normalised(x, layer, options_);
  }

  const torch::Tensor& next() { return weights_[weight_++]; }

  std::vector<torch::Tensor> weights_, buffers_;
  bool learning_;
  DropoutPlace dropout_;
  PassOptions options_;
  size_t weight_ = 0, buffer_ = 0;
  uint64_t drops_ = 0;
};

ClassifierModel::ClassifierModel(std::vector<std::string> words, std::vector<std::string> labels,
                                 InputTransform transform, torch::Device device)
    : Model(std::move(transform)),
      words_(std::move(words)),
      labels_(std::move(labels)),
      layers_(parse_classifier(words_)),
      parameters_(make_parameters(layouts_of(layers_, labels_.size()), device)) {}

const std::string& ClassifierModel::family() const {
  static const std::string name = "classifier";
  return name;
}

void ClassifierModel::initialise(uint64_t seed) {
  draw_weights(parameters_, seed, [](const ParameterSlice& slice) {
    const double gain = is_within(kScores, slice.name) || slice.name.starts_with("sigmoid") ? 1 : 2;
    return std::sqrt(gain / slice.fan_in);
  });
}

torch::Tensor ClassifierModel::learn(const torch::Tensor& x, const DropoutPlace& dropout) {
  Pass pass(parameters_.cut(), parameters_.cut_buffers(), true, dropout);
  torch::Tensor h = x;
  for (const ClassifierLayer& layer : layers_) h = pass.run(layer, h);
  return pass.dense(h);
}

torch::Tensor ClassifierModel::scores(const torch::Tensor& x) const {
  return forward(x, {kScores})[0];
}

std::vector<torch::Tensor> ClassifierModel::forward(const torch::Tensor& x,
                                                    const std::vector<std::string>& wanted,
                                                    const PassOptions& options) const {
  const std::vector<size_t> places = places_of(wanted, names_of(layers_));
  const size_t last = layers_for(places);
  Pass pass(parameters_.cut_constant(), parameters_.cut_buffers(), false, {}, options);
  std::vector<torch::Tensor> all;
  for (size_t i = 0; i < last; ++i) {
    const torch::Tensor& below = all.empty() ? x : all.back();
    all.push_back(i < layers_.size() ? pass.run(layers_[i], below) : pass.dense(below));
  }
  return at_places(all, places);
}

std::vector<LayerInfo> ClassifierModel::layers(int64_t height, int64_t width) const {
  std::vector<LayerInfo> all;
  LayerInfo at{"", 3, height, width, 1, 1};
  for (const ClassifierLayer& layer : layers_) {
    const auto step = static_cast<int64_t>(at.step);
    if (layer.op == ClassifierOp::kConvolution) {
      at.receptive += (layer.kernel - 1) * step;
      at.step *= layer.stride;
      at.height = (at.height + layer.stride - 1) / layer.stride;
      at.width = (at.width + layer.stride - 1) / layer.stride;
    }
    if (layer.op == ClassifierOp::kResidual) at.receptive += 4 * step;
    if (layer.op == ClassifierOp::kMax || layer.op == ClassifierOp::kMean ||
        layer.op == ClassifierOp::kFlat) {
      if (layer.kernel == 0 || layer.op == ClassifierOp::kFlat) {
        at = {"", 0, 1, 1, std::max(height, width), static_cast<double>(std::max(height, width))};
      } else {
        at.receptive += (layer.kernel - 1) * step;
        at.step *= layer.kernel;
        at.height /= layer.kernel;
        at.width /= layer.kernel;
      }
    }
    at.name = layer.name;
    at.channels = layer.channels;
    all.push_back(at);
  }
  at.name = kScores;
  at.channels = static_cast<int64_t>(labels_.size());
  all.push_back(at);
  return all;
}

TensorFile ClassifierModel::tensors() const {
  TensorFile file;
  write_parameters(parameters_, file);
  write_training_input(input, file);
  file.metadata["family"] = family();
  file.metadata["layers"] = join(words_, ", ");
  file.metadata["labels"] = join(labels_, "\n");
  file.metadata["side"] = std::to_string(side);
  return file;
}

const ClassifierModel& as_classifier(const Model& model, std::string_view doing) {
  if (const auto* classifier = dynamic_cast<const ClassifierModel*>(&model)) return *classifier;
  throw Error(std::string(doing), "this model",
              fmt::format("its family is '{}', not classifier", model.family()));
}

}  // namespace reverie
