#include "models/vae/vae.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "core/error.h"
#include "core/text.h"
#include "models/input_file.h"
#include "models/random_weights.h"

namespace reverie {
namespace {

constexpr double kStatisticsRate = 0.1;
constexpr double kEpsilon = 1e-6;
constexpr double kLeastDeviation = 0.05;  // so that a flat picture's noise is not made large
constexpr int kStyleHidden = 32;          // numbers between a style's statistics and the layers' gains
constexpr const char* kStyle = "style";
constexpr size_t kAllLayers = 1000;

struct Layouts {
  Layout learned, buffers;
};

// What follows a convolution or dense layer of so many channels.
void add_norm(const std::string& name, int channels, VaeNorm norm, Layouts& to) {
  if (norm == VaeNorm::kBatch) {
    to.learned.add(name + ".norm.weight", {channels});
    to.learned.add(name + ".norm.bias", {channels});
    to.buffers.add(name + ".norm.mean", {channels});
    to.buffers.add(name + ".norm.variance", {channels});
  }
  if (norm == VaeNorm::kStyle) {
    to.learned.add(name + ".style.weight", {2 * channels, kStyleHidden}, kStyleHidden);
    to.learned.add(name + ".style.bias", {2 * channels});
  }
}

void add_convolution(const std::string& name, const VaeLayer& layer, VaeNorm norm, Layouts& to) {
  const bool across = layer.op == VaeOp::kTransposed;
  const int k = layer.kernel;
  const int upper = layer.op == VaeOp::kShuffle ? 4 * layer.upper : layer.upper;
  to.learned.add(name + ".weight", {across ? layer.lower : upper, across ? upper : layer.lower, k, k},
                 layer.lower * k * k / (across ? layer.stride * layer.stride : 1));
  to.learned.add(name + ".bias", {upper});
  add_norm(name, layer.upper, norm, to);
}

void add_dense(const std::string& name, int lower, int upper, VaeNorm norm, Layouts& to) {
  to.learned.add(name + ".weight", {upper, lower}, lower);
  to.learned.add(name + ".bias", {upper});
  add_norm(name, upper, norm, to);
}

void add_layer(const VaeLayer& layer, VaeNorm norm, Layouts& to) {
  switch (layer.op) {
    case VaeOp::kConvolution:
    case VaeOp::kTransposed:
    case VaeOp::kShuffle:
      add_convolution(layer.name, layer, norm, to);
      break;
    case VaeOp::kResidual:
      for (const char* part : {".conv1", ".conv2"}) add_convolution(layer.name + part, layer, norm, to);
      break;
    case VaeOp::kDense:
      add_dense(layer.name, layer.lower, layer.upper, norm, to);
      break;
    case VaeOp::kUp:
      break;
  }
}

// The numbers of the encoder's last layer that one code vector sees.
int top_numbers(const VaeLayers& layers, bool spatial) {
  return spatial || layers.top_height == 0 ? layers.top : layers.top * layers.top_height * layers.top_width;
}

Layouts layouts_of(const VaeSettings& s, const VaeLayers& layers, size_t labels) {
  Layouts all;
  const VaeNorm up = s.norm == VaeNorm::kStyle ? VaeNorm::kNone : s.norm;
  for (const VaeLayer& layer : layers.encoder) add_layer(layer, up, all);
  const int top = top_numbers(layers, s.spatial);
  for (const char* head : {"mean", "log_sigma"}) add_dense(head, top, s.codes, VaeNorm::kNone, all);
  if (s.norm == VaeNorm::kStyle) add_dense(kStyle, 2 * s.codes, kStyleHidden, VaeNorm::kNone, all);
  add_dense("decode0", s.codes, top, s.norm, all);
  for (const VaeLayer& layer : layers.decoder) {
    const bool last = &layer == &layers.decoder.back();
    add_layer(layer, last && !s.output_norm ? VaeNorm::kNone : s.norm, all);
  }
  const auto count = static_cast<int64_t>(labels);
  all.buffers.add("label.mean", {count, s.codes});
  all.buffers.add("label.deviation", {count, s.codes});
  all.buffers.add("label.seen", {count});
  return all;
}

Parameters make_parameters(const VaeSettings& s, const VaeLayers& layers, size_t labels,
                           torch::Device device) {
  Layouts all = layouts_of(s, layers, labels);
  return Parameters(std::move(all.learned), std::move(all.buffers), device);
}

torch::Tensor activated(const torch::Tensor& x, VaeActivation activation) {
  switch (activation) {
    case VaeActivation::kLinear:
      return x;
    case VaeActivation::kElu:
      return torch::elu(x);
    case VaeActivation::kRelu:
      return torch::relu(x);
    case VaeActivation::kSoftplus:
      return torch::softplus(x);
    case VaeActivation::kTanh:
      return torch::tanh(x);
    case VaeActivation::kSigmoid:
      return torch::sigmoid(x);
  }
  return x;
}

// So much around the picture: left, right, top, bottom.
torch::Tensor surrounded(const torch::Tensor& x, const std::vector<int64_t>& by, VaePadding padding) {
  if (std::all_of(by.begin(), by.end(), [](int64_t n) { return n == 0; })) return x;
  if (padding == VaePadding::kZero) return torch::constant_pad_nd(x, by);
  // a picture that is smaller than its border has nothing to reflect
  const bool fits = std::max(by[0], by[1]) < x.size(3) && std::max(by[2], by[3]) < x.size(2);
  return fits ? torch::reflection_pad2d(x, by) : torch::replication_pad2d(x, by);
}

}  // namespace

CodeStatistics statistics_of(const torch::Tensor& codes) {
  const std::vector<int64_t> over = codes.dim() == 4 ? std::vector<int64_t>{2, 3} : std::vector<int64_t>{0};
  const torch::Tensor mean = codes.mean(over, true);
  const torch::Tensor variance = (codes.square().mean(over, true) - mean.square()).clamp_min(0);
  return {mean, (variance + kLeastDeviation * kLeastDeviation).sqrt()};
}

torch::Tensor moved_to(const torch::Tensor& codes, const CodeStatistics& own, const CodeStatistics& to) {
  return (codes - own.mean) / own.deviation * to.deviation + to.mean;
}

const torch::Tensor& VaeWeights::at(const std::string& name) const {
  const auto it = learned.find(name);
  return it != learned.end() ? it->second : buffers.at(name);
}

// One way through the encoder or the decoder.
class VaeModel::Pass {
 public:
  Pass(const VaeSettings& settings, const VaeWeights& weights, VaeNorm norm)
      : s_(settings), w_(weights), norm_(norm) {}

  // What the style's statistics say to each layer: [N, kStyleHidden].
  void take_style(const torch::Tensor& codes) {
    const CodeStatistics own = statistics_of(codes);
    const torch::Tensor both = torch::cat({own.mean, own.deviation.log()}, 1).flatten(1);
    style_ = torch::elu(torch::linear(both, w_.at("style.weight"), w_.at("style.bias")));
  }

  torch::Tensor run(const VaeLayer& layer, const torch::Tensor& x, bool last) const {
    const VaeActivation activation = last ? s_.output : s_.activation;
    const VaeNorm norm = last && !s_.output_norm ? VaeNorm::kNone : norm_;
    switch (layer.op) {
      case VaeOp::kConvolution:
        return finish(layer.name, convolution(layer.name, x, layer.kernel, layer.stride), norm, activation);
      case VaeOp::kTransposed:
        return finish(layer.name, transposed(layer, x), norm, activation);
      case VaeOp::kShuffle:
        return finish(layer.name, torch::pixel_shuffle(convolution(layer.name, x, layer.kernel, 1), 2), norm,
                      activation);
      case VaeOp::kResidual: {
        const std::string first = layer.name + ".conv1";
        const std::string second = layer.name + ".conv2";
        const torch::Tensor inner = finish(first, convolution(first, x, 3, 1), norm, activation);
        return x + finish(second, convolution(second, inner, 3, 1), norm, VaeActivation::kLinear);
      }
      case VaeOp::kUp:
        return torch::upsample_nearest2d(x, {2 * x.size(2), 2 * x.size(3)});
      case VaeOp::kDense: {
        const torch::Tensor y = finish(layer.name, dense(layer.name, x.flatten(1)), norm, activation);
        return layer.height > 0 ? y.view({y.size(0), -1, layer.height, layer.width}) : y;
      }
    }
    return x;
  }

  // All to all at every place.
  torch::Tensor dense(const std::string& name, const torch::Tensor& x) const {
    const torch::Tensor& weight = w_.at(name + ".weight");
    const torch::Tensor& bias = w_.at(name + ".bias");
    if (x.dim() == 2) return torch::linear(x, weight, bias);
    return torch::conv2d(x, weight.view({weight.size(0), weight.size(1), 1, 1}), bias);
  }

  torch::Tensor finish(const std::string& name, const torch::Tensor& x, VaeNorm norm,
                       VaeActivation activation) const {
    return activated(normalised(name, x, norm), activation);
  }

 private:
  // As TensorFlow's SAME: the output has ceil(size / stride) places, and an odd border goes right and below.
  torch::Tensor convolution(const std::string& name, const torch::Tensor& x, int64_t kernel,
                            int64_t stride) const {
    const torch::Tensor& weight = w_.at(name + ".weight");
    std::vector<int64_t> by;
    for (const int64_t size : {x.size(3), x.size(2)}) {
      const int64_t places = (size + stride - 1) / stride;
      const int64_t border = std::max<int64_t>((places - 1) * stride + kernel - size, 0);
      by.push_back(border / 2);
      by.push_back(border - border / 2);
    }
    return torch::conv2d(surrounded(x, by, s_.padding), weight.contiguous(torch::MemoryFormat::ChannelsLast),
                         w_.at(name + ".bias"), stride);
  }

  // The transpose of that.
  torch::Tensor transposed(const VaeLayer& layer, const torch::Tensor& x) const {
    const torch::Tensor whole = torch::conv_transpose2d(
        x, w_.at(layer.name + ".weight").contiguous(torch::MemoryFormat::ChannelsLast),
        w_.at(layer.name + ".bias"), layer.stride);
    const int64_t height = layer.height > 0 ? layer.height : x.size(2) * layer.stride;
    const int64_t width = layer.width > 0 ? layer.width : x.size(3) * layer.stride;
    return whole.narrow(2, (whole.size(2) - height) / 2, height)
        .narrow(3, (whole.size(3) - width) / 2, width);
  }

  torch::Tensor normalised(const std::string& name, const torch::Tensor& x, VaeNorm norm) const {
    if (norm == VaeNorm::kNone) return x;
    if (norm == VaeNorm::kBatch) {
      return torch::batch_norm(x, w_.at(name + ".norm.weight"), w_.at(name + ".norm.bias"),
                               w_.at(name + ".norm.mean"), w_.at(name + ".norm.variance"), w_.learning,
                               kStatisticsRate, kEpsilon, false);
    }
    const torch::Tensor both =
        torch::linear(style_, w_.at(name + ".style.weight"), w_.at(name + ".style.bias"));
    const int64_t channels = x.size(1);
    const torch::Tensor gain = both.narrow(1, 0, channels).unsqueeze(2).unsqueeze(3);
    const torch::Tensor offset = both.narrow(1, channels, channels).unsqueeze(2).unsqueeze(3);
    const CodeStatistics own = statistics_of(x);
    const torch::Tensor scale = (1 + gain) / own.deviation;
    return x * scale + (offset - own.mean * scale);
  }

  const VaeSettings& s_;
  const VaeWeights& w_;
  VaeNorm norm_;
  torch::Tensor style_;
};

VaeModel::VaeModel(VaeSettings settings, std::vector<std::string> labels, InputTransform transform,
                   torch::Device device)
    : Model(std::move(transform)),
      settings_(std::move(settings)),
      labels_(std::move(labels)),
      layers_(parse_vae(settings_)),
      parameters_(make_parameters(settings_, layers_, labels_.size(), device)) {
  torch::NoGradGuard no_grad;
  const std::vector<torch::Tensor> buffers = parameters_.cut_buffers();
  for (size_t i = 0; i < buffers.size(); ++i) {
    if (parameters_.buffer_slices()[i].name.ends_with(".norm.variance")) buffers[i].fill_(1);
  }
}

const std::string& VaeModel::family() const {
  static const std::string name = "vae";
  return name;
}

void VaeModel::initialise(uint64_t seed) {
  draw_weights(parameters_, seed, [](const ParameterSlice& slice) {
    if (is_within("log_sigma", slice.name)) return 0.0;                      // codes begin with deviation 1
    const double share = slice.name.ends_with(".style.weight") ? 0.5 : 1.0;  // and gains near 1
    return share * std::sqrt(1.0 / slice.fan_in);
  });
}

VaeWeights VaeModel::constant() const {
  VaeWeights weights;
  const std::vector<torch::Tensor> cut = parameters_.cut_constant();
  const std::vector<torch::Tensor> buffers = parameters_.cut_buffers();
  for (size_t i = 0; i < cut.size(); ++i) weights.learned[parameters_.slices()[i].name] = cut[i];
  for (size_t i = 0; i < buffers.size(); ++i)
    weights.buffers[parameters_.buffer_slices()[i].name] = buffers[i];
  return weights;
}

VaeWeights VaeModel::learned() {
  VaeWeights weights = constant();
  const std::vector<torch::Tensor> cut = parameters_.cut();
  for (size_t i = 0; i < cut.size(); ++i) weights.learned[parameters_.slices()[i].name] = cut[i];
  weights.learning = true;
  return weights;
}

Codes VaeModel::encode(const torch::Tensor& x, const VaeWeights& weights) const {
  return encode(x, weights, kAllLayers, nullptr);
}

torch::Tensor VaeModel::decode(const torch::Tensor& codes, int64_t height, int64_t width,
                               const VaeWeights& weights) const {
  return decode(codes, height, width, weights, nullptr);
}

Codes VaeModel::encode(const torch::Tensor& x, const VaeWeights& weights, size_t layers,
                       std::vector<torch::Tensor>* all) const {
  const Pass pass(settings_, weights, settings_.norm == VaeNorm::kStyle ? VaeNorm::kNone : settings_.norm);
  torch::Tensor h = x.contiguous(torch::MemoryFormat::ChannelsLast);
  if (settings_.spatial) {
    const int64_t step = layers_.shrink;
    const int64_t right = (step - x.size(3) % step) % step;
    const int64_t below = (step - x.size(2) % step) % step;
    if (right + below > 0) h = torch::replication_pad2d(h, {0, right, 0, below});
  }
  for (size_t i = 0; i < std::min(layers, layers_.encoder.size()); ++i) {
    h = pass.run(layers_.encoder[i], h, false);
    if (all) all->push_back(h);
  }
  if (layers != kAllLayers) return {};
  if (!settings_.spatial) h = h.flatten(1);
  return {pass.dense("mean", h), pass.dense("log_sigma", h)};
}

torch::Tensor VaeModel::decode(const torch::Tensor& codes, int64_t height, int64_t width,
                               const VaeWeights& weights, std::vector<torch::Tensor>* all) const {
  Pass pass(settings_, weights, settings_.norm);
  if (settings_.norm == VaeNorm::kStyle) pass.take_style(codes);
  torch::Tensor h =
      pass.finish("decode0", pass.dense("decode0", codes), settings_.norm, settings_.activation);
  if (!settings_.spatial && layers_.top_height > 0)
    h = h.view({h.size(0), layers_.top, layers_.top_height, layers_.top_width});
  for (const VaeLayer& layer : layers_.decoder) {
    h = pass.run(layer, h, &layer == &layers_.decoder.back());
    if (all) all->push_back(h);
  }
  if (h.dim() == 2) return h.view({h.size(0), 3, height, width});
  return h.narrow(2, 0, height).narrow(3, 0, width);
}

std::vector<torch::Tensor> VaeModel::forward(const torch::Tensor& x, const std::vector<std::string>& wanted,
                                             const PassOptions& /*options*/) const {
  std::vector<std::string> names;
  for (const VaeLayer& layer : layers_.encoder) names.push_back(layer.name);
  names.emplace_back("mean");
  for (const VaeLayer& layer : layers_.decoder) names.push_back(layer.name);
  const std::vector<size_t> places = places_of(wanted, names);
  const size_t last = places.empty() ? 0 : *std::max_element(places.begin(), places.end()) + 1;
  const VaeWeights weights = constant();
  std::vector<torch::Tensor> all;
  const Codes codes = encode(x, weights, last <= layers_.encoder.size() ? last : kAllLayers, &all);
  if (last > layers_.encoder.size()) {
    all.push_back(codes.mean);
    if (last > all.size()) decode(codes.mean, x.size(2), x.size(3), weights, &all);
  }
  std::vector<torch::Tensor> out;
  out.reserve(places.size());
  for (const size_t place : places) out.push_back(all[place]);
  return out;
}

std::vector<LayerInfo> VaeModel::layers(int64_t height, int64_t width) const {
  std::vector<LayerInfo> all;
  LayerInfo at{"", 3, height, width, 1, 1};
  const auto add = [&](const VaeLayer& layer) {
    const int kernel = layer.op == VaeOp::kResidual ? 5 : layer.kernel;
    if (layer.op == VaeOp::kConvolution || layer.op == VaeOp::kShuffle || layer.op == VaeOp::kResidual)
      at.receptive += static_cast<int64_t>((kernel - 1) * at.step);
    const bool larger = makes_larger(layer);
    at.step = larger ? at.step / layer.stride : at.step * layer.stride;
    at.height = layer.height > 0 ? layer.height
                : larger         ? at.height * layer.stride
                                 : (at.height + layer.stride - 1) / layer.stride;
    at.width = layer.width > 0 ? layer.width
               : larger        ? at.width * layer.stride
                               : (at.width + layer.stride - 1) / layer.stride;
    if (layer.op == VaeOp::kTransposed) at.receptive += static_cast<int64_t>((kernel - 1) * at.step);
    at.channels = layer.upper;
    if (layer.op == VaeOp::kDense) {
      at.receptive = std::max(height, width);
      at.step = static_cast<double>(at.receptive);
      at.height = at.width = 1;
    }
    at.name = layer.name;
    all.push_back(at);
  };
  for (const VaeLayer& layer : layers_.encoder) add(layer);
  at.name = "mean";
  at.channels = settings_.codes;
  if (!settings_.spatial) {
    at.height = at.width = 1;
    at.receptive = std::max(height, width);
  }
  all.push_back(at);
  if (!settings_.spatial) {
    at.height = layers_.top_height;
    at.width = layers_.top_width;
  }
  for (const VaeLayer& layer : layers_.decoder) add(layer);
  return all;
}

TensorFile VaeModel::tensors() const {
  TensorFile file;
  write_parameters(parameters_, file);
  file.metadata = vae_metadata(settings_);
  file.metadata["family"] = family();
  file.metadata["labels"] = join(labels_, "\n");
  write_training_input(input, file);
  return file;
}

CodeStatistics VaeModel::label_statistics(const std::string& label) const {
  const auto it = std::find(labels_.begin(), labels_.end(), label);
  if (it == labels_.end())
    throw Error("find the label", label,
                fmt::format("the model has {}{}", labels_.empty() ? "none" : join(labels_, ", "),
                            did_you_mean(label, labels_)));
  const int64_t i = it - labels_.begin();
  const VaeWeights weights = constant();
  if (weights.at("label.seen")[i].item<float>() == 0)
    throw Error("use the label", label, "the model has seen no picture of it",
                "reverie embed makes styles of labelled pictures");
  std::vector<int64_t> shape = {1, settings_.codes};
  if (settings_.spatial) shape.insert(shape.end(), {1, 1});
  return {weights.at("label.mean")[i].view(shape), weights.at("label.deviation")[i].view(shape)};
}

Layout vae_layout(const VaeSettings& settings) {
  return layouts_of(settings, parse_vae(settings), 0).learned;
}

const VaeModel& as_vae(const Model& model, const std::string& doing) {
  if (const auto* vae = dynamic_cast<const VaeModel*>(&model)) return *vae;
  throw Error(doing, "this model", fmt::format("its family is '{}', not vae", model.family()));
}

}  // namespace reverie
