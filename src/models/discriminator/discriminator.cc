#include "models/discriminator/discriminator.h"

#include <algorithm>
#include <cmath>

#include "core/random.h"
#include "core/text.h"
#include "models/input_file.h"
#include "models/layer_words.h"
#include "models/random_weights.h"

namespace reverie {
namespace {

constexpr double kSmall = 1e-12;
constexpr const char* kScore = "score";
constexpr const char* kSpectral = ".spectral";

VaeSettings as_encoder(const DiscriminatorSettings& s) {
  VaeSettings v;
  v.encoder = s.layers;
  v.planes = s.planes;
  v.spatial = s.patches;
  v.width = s.width;
  v.height = s.height;
  v.activation = s.activation;
  v.norm = s.norm;
  return v;
}

Parameters make_parameters(const DiscriminatorSettings& s, const VaeLayers& layers, torch::Device device) {
  Layouts all;
  for (const VaeLayer& layer : layers.encoder)
    add_vae_layer(layer, &layer == &layers.encoder.front() ? VaeNorm::kNone : s.norm, all);
  const bool flat = !s.patches && layers.top_height > 0;
  add_vae_dense(kScore, flat ? layers.top * layers.top_height * layers.top_width : layers.top, 1,
                VaeNorm::kNone, all);
  if (s.spectral) {
    for (const ParameterSlice& slice : all.learned.slices()) {
      if (!slice.is_bias) all.buffers.add(slice.name + kSpectral, {slice.shape[0]});
    }
  }
  return Parameters(std::move(all.learned), std::move(all.buffers), device);
}

torch::Tensor of_length_1(const torch::Tensor& v) {
  return v / v.norm().clamp_min(kSmall);
}

}  // namespace

torch::Tensor spectral_norm(const torch::Tensor& matrix, torch::Tensor u, bool move) {
  torch::Tensor left;
  torch::Tensor right;
  {
    torch::NoGradGuard no_grad;
    right = of_length_1(torch::mv(matrix.t(), u));
    left = move ? of_length_1(torch::mv(matrix, right)) : u.clone();
    if (move) u.copy_(left);
  }
  return torch::dot(left, torch::mv(matrix, right));
}

DiscriminatorSettings at_scale(DiscriminatorSettings settings, size_t scale) {
  if (scale > 0) settings.layers = listed_layers(settings.finer.at(scale - 1));
  settings.finer.clear();
  return settings;
}

DiscriminatorModel::DiscriminatorModel(DiscriminatorSettings settings, InputTransform transform,
                                       torch::Device device)
    : Model(std::move(transform)),
      settings_(std::move(settings)),
      pass_(as_encoder(settings_)),
      layers_(parse_encoder(pass_, "layer")),
      parameters_(make_parameters(settings_, layers_, device)) {
  torch::NoGradGuard no_grad;
  const std::vector<torch::Tensor> buffers = parameters_.cut_buffers();
  for (size_t i = 0; i < buffers.size(); ++i) {
    if (!parameters_.buffer_slices()[i].name.ends_with(".norm.mean")) buffers[i].fill_(1);
  }
}

const std::string& DiscriminatorModel::family() const {
  static const std::string name = "discriminator";
  return name;
}

void DiscriminatorModel::initialise(uint64_t seed) {
  draw_weights(parameters_, seed, [](const ParameterSlice& slice) { return std::sqrt(1.0 / slice.fan_in); });
  torch::NoGradGuard no_grad;
  const std::vector<torch::Tensor> buffers = parameters_.cut_buffers();
  for (size_t i = 0; i < buffers.size(); ++i) {
    if (!parameters_.buffer_slices()[i].name.ends_with(kSpectral)) continue;
    Random random = Random(seed).split(parameters_.slices().size() + i);
    torch::Tensor u = torch::empty({buffers[i].size(0)});
    for (int64_t j = 0; j < u.size(0); ++j) u.data_ptr<float>()[j] = static_cast<float>(random.normal());
    buffers[i].copy_(of_length_1(u));
  }
}

VaeWeights DiscriminatorModel::weights(const std::vector<torch::Tensor>& cut, bool move) const {
  VaeWeights weights;
  const std::vector<torch::Tensor> buffers = parameters_.cut_buffers();
  for (size_t i = 0; i < buffers.size(); ++i)
    weights.buffers[parameters_.buffer_slices()[i].name] = buffers[i];
  for (size_t i = 0; i < cut.size(); ++i) {
    const ParameterSlice& slice = parameters_.slices()[i];
    const auto u = weights.buffers.find(slice.name + kSpectral);
    weights.learned[slice.name] =
        u == weights.buffers.end()
            ? cut[i]
            : cut[i] / spectral_norm(cut[i].flatten(1), u->second, move).clamp_min(kSmall);
  }
  return weights;
}

VaeWeights DiscriminatorModel::constant() const {
  return weights(parameters_.cut_constant(), false);
}

VaeWeights DiscriminatorModel::learned() {
  VaeWeights all = weights(parameters_.cut(), true);
  all.learning = true;
  return all;
}

torch::Tensor DiscriminatorModel::run(const torch::Tensor& x, const VaeWeights& weights, size_t layers,
                                      std::vector<torch::Tensor>* all) const {
  torch::Tensor h = x.contiguous(torch::MemoryFormat::ChannelsLast);
  for (size_t i = 0; i < std::min(layers, layers_.encoder.size()); ++i) {
    h = VaePass(pass_, weights, i == 0 ? VaeNorm::kNone : pass_.norm).run(layers_.encoder[i], h, false);
    if (all) all->push_back(h);
  }
  return h;
}

torch::Tensor DiscriminatorModel::scores(const torch::Tensor& x, const VaeWeights& weights,
                                         std::vector<torch::Tensor>* all) const {
  const torch::Tensor top = run(x, weights, layers_.encoder.size(), all);
  torch::Tensor score =
      VaePass(pass_, weights, VaeNorm::kNone).dense(kScore, settings_.patches ? top : top.flatten(1));
  if (all) all->push_back(score);
  return score;
}

std::vector<torch::Tensor> DiscriminatorModel::forward(const torch::Tensor& x,
                                                       const std::vector<std::string>& wanted,
                                                       const PassOptions& /*options*/) const {
  std::vector<std::string> names;
  for (const VaeLayer& layer : layers_.encoder) names.push_back(layer.name);
  names.emplace_back(kScore);
  const std::vector<size_t> places = places_of(wanted, names);
  const size_t last = layers_for(places);
  const VaeWeights weights = constant();
  std::vector<torch::Tensor> all;
  if (last == names.size()) {
    scores(x, weights, &all);
  } else {
    run(x, weights, last, &all);
  }
  return at_places(all, places);
}

std::vector<LayerInfo> DiscriminatorModel::layers(int64_t height, int64_t width) const {
  std::vector<LayerInfo> all;
  LayerInfo at{"", 3, height, width, 1, 1};
  for (const VaeLayer& layer : layers_.encoder) {
    at = layer_above(at, layer, std::max(height, width));
    all.push_back(at);
  }
  at.name = kScore;
  at.channels = 1;
  if (!settings_.patches) {
    at.height = at.width = 1;
    at.receptive = std::max(height, width);
    at.step = static_cast<double>(at.receptive);
  }
  all.push_back(at);
  return all;
}

TensorFile DiscriminatorModel::tensors() const {
  TensorFile file;
  write_parameters(parameters_, file);
  file.metadata = {{"family", family()},
                   {"layers", join(settings_.layers, ", ")},
                   {"activation", vae_activation_words()[static_cast<size_t>(settings_.activation)]},
                   {"norm", vae_norm_words()[static_cast<size_t>(settings_.norm)]},
                   {"spectral", settings_.spectral ? "true" : "false"},
                   {"patches", settings_.patches ? "true" : "false"},
                   {"width", std::to_string(settings_.width)},
                   {"height", std::to_string(settings_.height)}};
  write_training_input(input, file);
  return file;
}

}  // namespace reverie
