#include "models/hourglass/layers.h"

#include "core/error.h"
#include "models/hourglass/pooling.h"
#include "models/phases.h"

namespace reverie {
namespace {

torch::Tensor decode_padded(const torch::Tensor& h, const torch::Tensor& weight, const torch::Tensor& bias,
                            int pool_size, int64_t pad) {
  const torch::Tensor phases = phase_weight(weight, pool_size).contiguous(torch::MemoryFormat::ChannelsLast);
  const int64_t many = static_cast<int64_t>(pool_size) * pool_size;
  const torch::Tensor biases = bias.repeat_interleave(many);
  return torch::pixel_shuffle(torch::conv2d(h, phases, biases, 1, pad), pool_size);
}

}  // namespace

torch::Tensor activate(const torch::Tensor& x, ActivationKind kind) {
  switch (kind) {
    case ActivationKind::kTanh:
      return torch::tanh(x);
    case ActivationKind::kRelu:
      return torch::relu(x);
    case ActivationKind::kSigmoid:
      return torch::sigmoid(x);
    case ActivationKind::kLinear:
      break;
  }
  return x;
}

torch::Tensor encode_layer(const torch::Tensor& x, const torch::Tensor& weight, const torch::Tensor& bias,
                           const LevelConfig& level) {
  const torch::Tensor u = torch::conv2d(x, weight, bias, 1, (level.encode_kernel - 1) / 2);
  if (level.pool == PoolKind::kMax) return activate(pool_max(u, level.pool_size), level.activation);
  if (level.activation == ActivationKind::kTanh) return pool_mean_of_tanh(u, level.pool_size);
  return torch::avg_pool2d(activate(u, level.activation), level.pool_size);
}

int decode_reach(int decode_kernel, int pool_size) {
  return phase_reach(decode_kernel, pool_size).after;
}

torch::Tensor decode_layer(const torch::Tensor& h, const torch::Tensor& weight, const torch::Tensor& bias,
                           int pool_size) {
  return decode_padded(h, weight, bias, pool_size, decode_reach(static_cast<int>(weight.size(2)), pool_size));
}

torch::Tensor decode_extended(const torch::Tensor& h, const torch::Tensor& weight, const torch::Tensor& bias,
                              int pool_size) {
  return decode_padded(h, weight, bias, pool_size, 0);
}

}  // namespace reverie
