#include "models/vae/vae.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "core/error.h"
#include "core/text.h"
#include "models/input_file.h"
#include "models/random_weights.h"
#include "models/vae/refiner.h"
#include "models/vae/scales.h"

namespace reverie {
namespace {

constexpr const char* kStyle = "style";
constexpr size_t kAllLayers = 1000;

// The numbers of the encoder's last layer that one code vector sees.
int top_numbers(const VaeLayers& layers, bool spatial) {
  return spatial || layers.top_height == 0 ? layers.top : layers.top * layers.top_height * layers.top_width;
}

Layouts layouts_of(const VaeSettings& s, const VaeLayers& layers, size_t labels) {
  Layouts all;
  const VaeNorm up = s.norm == VaeNorm::kStyle ? VaeNorm::kNone : s.norm;
  for (const VaeLayer& layer : layers.encoder) add_vae_layer(layer, up, all);
  const int top = top_numbers(layers, s.spatial);
  if (!layers.encoder.empty()) {
    for (const char* head : {"mean", "log_sigma"}) add_vae_dense(head, top, s.codes, VaeNorm::kNone, all);
  }
  if (s.norm == VaeNorm::kStyle) add_vae_dense(kStyle, 2 * s.codes, kStyleHidden, VaeNorm::kNone, all);
  add_vae_dense("decode0", s.codes + s.classes, top, s.norm, all, s.tied);
  for (const VaeLayer& layer : layers.decoder) {
    const bool last = &layer == &layers.decoder.back();
    add_vae_layer(layer, last && !s.output_norm ? VaeNorm::kNone : s.norm, all);
  }
  for (const std::vector<VaeLayer>& finer : layers.finer) {
    for (const VaeLayer& layer : finer)
      add_vae_layer(layer, &layer == &finer.back() ? VaeNorm::kNone : s.norm, all);
  }
  if (s.refiner > 0) {
    for (const VaeLayer& layer : refiner_layers(s.refiner)) add_vae_layer(layer, VaeNorm::kNone, all);
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

InputTransform with_grey(InputTransform transform, bool grey) {
  transform.grey = grey;
  return transform;
}

VaeSettings counted_classes(VaeSettings settings, size_t labels) {
  if (!settings.conditional) return settings;
  if (labels == 0)
    throw Error("build", "a conditional network", "there are no labels", "conditional = false");
  settings.classes = static_cast<int>(labels);
  return settings;
}

}  // namespace

VaeModel::VaeModel(VaeSettings settings, std::vector<std::string> labels, InputTransform transform,
                   torch::Device device)
    : Model(with_grey(std::move(transform), settings.grey)),
      settings_(counted_classes(std::move(settings), labels.size())),
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
  static const std::string whole = "vae";
  static const std::string generator = "gan";
  static const std::string by_scales = "lapgan";
  if (!layers_.finer.empty()) return by_scales;
  return layers_.encoder.empty() ? generator : whole;
}

void VaeModel::initialise(uint64_t seed) {
  draw_weights(parameters_, seed, [&](const ParameterSlice& slice) {
    for (const std::vector<VaeLayer>& finer : layers_.finer) {  // at first they add little
      if (is_within(finer.back().name, slice.name)) return 0.1 * std::sqrt(1.0 / slice.fan_in);
    }
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

VaeWeights VaeModel::packed() const {
  torch::NoGradGuard no_grad;
  VaeWeights weights = constant();
  std::vector<std::string> across;  // transposed convolutions: channels above them come second
  for (const VaeLayer& layer : layers_.decoder) {
    if (layer.op == VaeOp::kTransposed) across.push_back(layer.name);
  }
  // tied weights are used twice, with a normalisation each
  weights.folded = settings_.norm == VaeNorm::kBatch && !settings_.tied;
  for (const ParameterSlice& slice : parameters_.slices()) {
    constexpr std::string_view kGain = ".norm.weight";
    if (!weights.folded || !slice.name.ends_with(kGain)) continue;
    const std::string name = slice.name.substr(0, slice.name.size() - kGain.size());
    const auto of = [&](const char* what) -> const torch::Tensor& { return weights.at(name + what); };
    torch::Tensor gain = of(kGain.data()) / (of(".norm.variance") + kVaeEpsilon).sqrt();
    torch::Tensor offset = of(".norm.bias") - of(".norm.mean") * gain;
    torch::Tensor& kernel = weights.learned.at(name + ".weight");
    const int64_t places = std::find(across.begin(), across.end(), name) != across.end() ? 1 : 0;
    // of a shuffle four for each channel
    const int64_t each = kernel.size(places) / gain.size(0);
    gain = gain.repeat_interleave(each);
    offset = offset.repeat_interleave(each);
    std::vector<int64_t> shape(static_cast<size_t>(kernel.dim()), 1);
    shape[static_cast<size_t>(places)] = -1;
    kernel = kernel * gain.view(shape);
    torch::Tensor& bias = weights.learned.at(name + ".bias");
    bias = bias * gain + offset;
  }
  for (const VaeLayer& layer : layers_.decoder) weights.pack(layer);
  for (const std::vector<VaeLayer>& finer : layers_.finer) {
    for (const VaeLayer& layer : finer) weights.pack(layer);
  }
  if (settings_.refiner > 0) {
    for (const VaeLayer& layer : refiner_layers(settings_.refiner)) weights.pack(layer);
  }
  for (auto& [name, tensor] : weights.learned) {
    if (tensor.dim() == 4) tensor = tensor.contiguous(torch::MemoryFormat::ChannelsLast);
  }
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
  if (scales() > 1) return decode_scales(codes, weights);
  return decode(given(codes), height, width, weights, nullptr).mean;
}

int64_t VaeModel::codes() const {
  int64_t sum = settings_.classes;
  for (size_t i = 0; i < scales(); ++i) sum += scale_codes(i);
  return sum;
}

int64_t VaeModel::scale_codes(size_t scale) const {
  if (scale == 0) return settings_.codes;
  const size_t halved = scales() - 1 - scale;
  return int64_t{1} * (settings_.height >> halved) * (settings_.width >> halved);
}

torch::Tensor VaeModel::decode_scale(size_t scale, const torch::Tensor& below, const torch::Tensor& codes,
                                     const torch::Tensor& classes, const VaeWeights& weights) const {
  if (scale == 0) {
    const size_t halved = scales() - 1;
    return decode(settings_.classes > 0 ? torch::cat({codes, classes}, 1) : codes, settings_.height >> halved,
                  settings_.width >> halved, weights, nullptr)
        .mean;
  }
  const torch::Tensor large = enlarged(below);
  const int64_t height = large.size(2);
  const int64_t width = large.size(3);
  std::vector<torch::Tensor> seen = {large, codes.view({-1, 1, height, width})};
  if (settings_.classes > 0) seen.push_back(class_planes(classes, height, width));
  VaeSettings own = settings_;
  own.output = VaeActivation::kLinear;
  own.output_norm = false;
  const VaePass pass(own, weights, settings_.norm);
  const std::vector<VaeLayer>& layers = layers_.finer[scale - 1];
  torch::Tensor h = torch::cat(seen, 1).contiguous(torch::MemoryFormat::ChannelsLast);
  for (const VaeLayer& layer : layers) h = pass.run(layer, h, &layer == &layers.back());
  return large + h;
}

torch::Tensor VaeModel::decode_scales(const torch::Tensor& codes, const VaeWeights& weights) const {
  int64_t at = 0;
  const auto next = [&](int64_t numbers) {
    at += numbers;
    return codes.narrow(1, at - numbers, numbers);
  };
  torch::Tensor classes;
  if (settings_.classes > 0)
    classes = class_weights(codes.narrow(1, codes.size(1) - settings_.classes, settings_.classes));
  torch::Tensor picture;
  for (size_t i = 0; i < scales(); ++i)
    picture = decode_scale(i, picture, next(scale_codes(i)), classes, weights);
  return picture;
}

torch::Tensor VaeModel::with_classes(const torch::Tensor& codes, const torch::Tensor& weights) const {
  const torch::Tensor numbers =
      class_numbers(weights).to(codes.options()).expand({codes.size(0), settings_.classes});
  return torch::cat({without_classes(codes), numbers}, 1);
}

torch::Tensor VaeModel::with_labels(const torch::Tensor& codes, const torch::Tensor& labels) const {
  if (settings_.classes == 0 || !labels.defined()) return codes;
  const torch::Tensor all = torch::arange(settings_.classes, labels.options());
  return with_classes(codes, labels.unsqueeze(1).eq(all).to(codes.options()));
}

torch::Tensor VaeModel::without_classes(const torch::Tensor& codes) const {
  return codes.size(1) < this->codes() ? codes : codes.narrow(1, 0, this->codes() - settings_.classes);
}

torch::Tensor VaeModel::given(const torch::Tensor& codes) const {
  if (settings_.classes == 0) return codes;
  const torch::Tensor own = without_classes(codes);
  const torch::Tensor numbers = own.size(1) == codes.size(1)
                                    ? torch::zeros({codes.size(0), settings_.classes}, codes.options())
                                    : codes.narrow(1, own.size(1), settings_.classes);
  return torch::cat({own, class_weights(numbers)}, 1);
}

Codes VaeModel::encode(const torch::Tensor& x, const VaeWeights& weights, size_t layers,
                       std::vector<torch::Tensor>* all) const {
  if (layers_.encoder.empty())
    throw Error("encode with", "this model", "it is a generator: it has no encoder");
  if (!settings_.spatial && (x.size(3) != settings_.width || x.size(2) != settings_.height))
    throw Error("encode", "the pictures",
                fmt::format("they are {}x{}, and this network sees {}x{}", x.size(3), x.size(2),
                            settings_.width, settings_.height));
  const VaePass pass(settings_, weights, settings_.norm == VaeNorm::kStyle ? VaeNorm::kNone : settings_.norm);
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

DecodedCodes VaeModel::decode_whole(const torch::Tensor& codes, int64_t height, int64_t width,
                                    const VaeWeights& weights) const {
  return decode(given(codes), height, width, weights, nullptr);
}

DecodedCodes VaeModel::decode(const torch::Tensor& codes, int64_t height, int64_t width,
                              const VaeWeights& weights, std::vector<torch::Tensor>* all) const {
  VaePass pass(settings_, weights, settings_.norm);
  if (settings_.norm == VaeNorm::kStyle) pass.take_style(codes);
  torch::Tensor h = pass.finish("decode0", pass.dense("decode0", codes, settings_.tied ? "mean" : ""),
                                settings_.norm, settings_.activation);
  if (!settings_.spatial && layers_.top_height > 0)
    h = h.view({h.size(0), layers_.top, layers_.top_height, layers_.top_width});
  for (const VaeLayer& layer : layers_.decoder) {
    h = pass.run(layer, h, &layer == &layers_.decoder.back());
    if (all) all->push_back(h);
  }
  h = h.dim() == 2 ? h.view({h.size(0), -1, height, width}) : h.narrow(2, 0, height).narrow(3, 0, width);
  if (!settings_.variance) return {h, {}};
  const int channels = settings_.channels();
  return {pass.output(h.narrow(1, 0, channels)), h.narrow(1, channels, channels)};
}

torch::Tensor VaeModel::refine(const torch::Tensor& y, const VaeWeights& weights) const {
  if (settings_.refiner == 0) return y;
  const torch::Tensor black = apply(input, torch::zeros({1, 3, y.size(2), y.size(3)}, y.options()));
  return refined(settings_, weights, y, black);
}

double VaeModel::pass_bytes(int64_t height, int64_t width) const {
  constexpr double kCopies = 2;  // of a layer's input and output: in the layout of the library, before ELU
  const auto samples = [](const LayerInfo& at) {
    return static_cast<double>(at.channels) * static_cast<double>(at.height * at.width);
  };
  if (!settings_.spatial) {
    height = settings_.height;
    width = settings_.width;
  }
  double most = 0;
  const auto count = [&](LayerInfo at, const std::vector<VaeLayer>& layers) {
    for (const VaeLayer& layer : layers) {
      const double below = samples(at);
      at = layer_above(at, layer, std::max(height, width));
      most = std::max(most, below + samples(at));
    }
  };
  count({"", settings_.channels(), height, width}, layers_.encoder);
  const int64_t step = layers_.shrink;
  count({"", layers_.top, settings_.spatial ? (height + step - 1) / step : layers_.top_height,
         settings_.spatial ? (width + step - 1) / step : layers_.top_width},
        layers_.decoder);
  for (const std::vector<VaeLayer>& finer : layers_.finer)
    count({"", finer.front().lower, height, width}, finer);  // no scale has larger pictures
  count({"", 3, height, width}, refiner_layers(settings_.refiner));
  return kCopies * sizeof(float) * most;
}

std::vector<torch::Tensor> VaeModel::forward(const torch::Tensor& x, const std::vector<std::string>& wanted,
                                             const PassOptions& /*options*/) const {
  std::vector<std::string> names;
  for (const LayerInfo& layer : this->layers(x.size(2), x.size(3))) names.push_back(layer.name);
  const std::vector<size_t> places = places_of(wanted, names);
  if (places.empty()) return {};
  const size_t last = layers_for(places);
  const VaeWeights weights = constant();
  std::vector<torch::Tensor> all;
  const Codes codes = encode(x, weights, last <= layers_.encoder.size() ? last : kAllLayers, &all);
  if (last > layers_.encoder.size()) {
    all.push_back(codes.mean);
    if (last > all.size()) decode(given(codes.mean), x.size(2), x.size(3), weights, &all);
  }
  return at_places(all, places);
}

std::vector<LayerInfo> VaeModel::layers(int64_t height, int64_t width) const {
  if (layers_.encoder.empty()) return {};
  std::vector<LayerInfo> all;
  LayerInfo at{"", settings_.channels(), height, width, 1, 1};
  const auto add = [&](const VaeLayer& layer) {
    at = layer_above(at, layer, std::max(height, width));
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

const VaeModel& as_vae(const Model& model, std::string_view doing) {
  if (const auto* vae = dynamic_cast<const VaeModel*>(&model)) return *vae;
  throw Error(std::string(doing), "this model", fmt::format("its family is '{}', not vae", model.family()));
}

}  // namespace reverie
