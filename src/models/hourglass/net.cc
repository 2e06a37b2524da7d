#include "models/hourglass/net.h"

#include <fmt/format.h>

#include <cmath>

#include "core/random.h"
#include "models/hourglass/layers.h"

namespace reverie {
namespace {

// Tied: the transpose of convolution and mean pooling (times p^2), whose filter is the encode filter summed
// over a p x p box: side k + p - 1.
torch::Tensor tied_decode_weight(const torch::Tensor& encode, int pool_size) {
  const int64_t upper = encode.size(0);
  const int64_t lower = encode.size(1);
  const int64_t k = encode.size(2);
  const torch::Tensor box = torch::ones({1, 1, pool_size, pool_size}, encode.options().requires_grad(false));
  const torch::Tensor wide =
      torch::conv2d(encode.reshape({upper * lower, 1, k, k}), box, {}, 1, pool_size - 1);
  return wide.view({upper, lower, k + pool_size - 1, k + pool_size - 1});
}

}  // namespace

Layout hourglass_layout(const HourglassConfig& config) {
  Layout layout;
  for (int l = 0; l < config.count(); ++l) {
    const LevelConfig& level = config.levels[static_cast<size_t>(l)];
    const int lower = config.channels(l);
    const int upper = level.channels;
    const int encode_taps = level.encode_kernel * level.encode_kernel;
    const int reach = level.decode_kernel * level.decode_kernel / (level.pool_size * level.pool_size);
    layout.add(fmt::format("encode{}.weight", l + 1),
               {upper, lower, level.encode_kernel, level.encode_kernel}, lower * encode_taps,
               upper * encode_taps);
    layout.add(fmt::format("encode{}.bias", l + 1), {upper});
    if (!config.tied) {
      layout.add(fmt::format("decode{}.weight", l + 1),
                 {upper, lower, level.decode_kernel, level.decode_kernel}, std::max(1, upper * reach),
                 lower * level.decode_kernel * level.decode_kernel);
    }
    layout.add(fmt::format("decode{}.bias", l + 1), {lower});
  }
  return layout;
}

HourglassNet::HourglassNet(HourglassConfig config, torch::Device device)
    : config_((check_hourglass(config, "these settings"), std::move(config))),
      parameters_(hourglass_layout(config_), {}, device) {}

void HourglassNet::initialise(InitKind kind, double deviation, uint64_t seed) {
  torch::NoGradGuard no_grad;
  torch::Tensor values = torch::zeros({flat().size(0)});
  auto* v = values.data_ptr<float>();
  for (size_t i = 0; i < slices().size(); ++i) {
    const ParameterSlice& slice = slices()[i];
    if (slice.is_bias) continue;
    Random random = Random(seed).split(i);
    const double reach = std::sqrt(3.0 / slice.fan_in);
    for (int64_t j = 0; j < slice.count; ++j) {
      v[slice.begin + j] = static_cast<float>(
          kind == InitKind::kGaussian ? deviation * random.normal() : reach * (2 * random.uniform() - 1));
    }
  }
  flat().copy_(values);
}

HourglassNet::Weights HourglassNet::weights() const {
  return weights_of(parameters_.cut());
}

HourglassNet::Weights HourglassNet::constant_weights() const {
  return weights_of(parameters_.cut_constant());
}

HourglassNet::Weights HourglassNet::weights_of(const std::vector<torch::Tensor>& parts) const {
  Weights w;
  w.config_ = &config_;
  w.layers_.resize(static_cast<size_t>(config_.count()));
  const size_t step = config_.tied ? 3 : 4;
  for (size_t i = 0; i < parts.size(); ++i) {
    Weights::Layer& layer = w.layers_[i / step];
    const torch::Tensor& part = parts[i];
    const size_t which = i % step;
    if (which == 0) layer.encode_weight = part.contiguous(torch::MemoryFormat::ChannelsLast);
    if (which == 1) layer.encode_bias = part;
    if (which == 2 && !config_.tied) layer.decode_weight = part;
    if (which == step - 1) layer.decode_bias = part;
  }
  if (config_.tied) {
    for (size_t l = 0; l < w.layers_.size(); ++l)
      w.layers_[l].decode_weight =
          tied_decode_weight(w.layers_[l].encode_weight, config_.levels[l].pool_size);
  }
  return w;
}

std::vector<NamedTensor> HourglassNet::named() const {
  torch::NoGradGuard no_grad;
  const Weights w = weights();
  std::vector<NamedTensor> all;
  for (size_t l = 0; l < w.layers_.size(); ++l) {
    const Weights::Layer& layer = w.layers_[l];
    all.push_back({fmt::format("encode{}.weight", l + 1), layer.encode_weight});
    all.push_back({fmt::format("encode{}.bias", l + 1), layer.encode_bias});
    all.push_back({fmt::format("decode{}.weight", l + 1), layer.decode_weight});
    all.push_back({fmt::format("decode{}.bias", l + 1), layer.decode_bias});
  }
  return all;
}

torch::Tensor HourglassNet::Weights::encode(int level, const torch::Tensor& x) const {
  const Layer& layer = layers_[static_cast<size_t>(level)];
  return encode_layer(x, layer.encode_weight, layer.encode_bias, config_->levels[static_cast<size_t>(level)]);
}

torch::Tensor HourglassNet::Weights::decode_linear(int level, const torch::Tensor& h) const {
  const Layer& layer = layers_[static_cast<size_t>(level)];
  return decode_layer(h, layer.decode_weight, layer.decode_bias,
                      config_->levels[static_cast<size_t>(level)].pool_size);
}

torch::Tensor HourglassNet::Weights::decode(int level, const torch::Tensor& h) const {
  const ActivationKind kind =
      level == 0 ? config_->output : config_->levels[static_cast<size_t>(level)].activation;
  return activate(decode_linear(level, h), kind);
}

std::vector<torch::Tensor> HourglassNet::Weights::encode_up(const torch::Tensor& x, int top) const {
  std::vector<torch::Tensor> h = {x};
  for (int l = 0; l < top; ++l) h.push_back(encode(l, h.back()));
  return h;
}

torch::Tensor HourglassNet::Weights::decode_down(torch::Tensor h, int from, int to) const {
  for (int l = from - 1; l >= to; --l) h = decode(l, h);
  return h;
}

}  // namespace reverie
