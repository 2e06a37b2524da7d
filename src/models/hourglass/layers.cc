#include "models/hourglass/layers.h"

#include "core/error.h"
#include "models/hourglass/pooling.h"

namespace reverie {
namespace {

// The tap of the transposed convolution that leads from the input sample `offset` cells away to output phase
// `phase`, or -1 for none.
int tap(int phase, int offset, int kernel, int pool_size) {
  const int t = phase + (kernel - pool_size) / 2 - offset * pool_size;
  return t >= 0 && t < kernel ? t : -1;
}

// weight [C', C, k, k] -> [C p p, C', m, m]: the convolution that makes all phases.  Differentiable: a gather
// from the weight with a zero appended.
torch::Tensor phase_weight(const torch::Tensor& weight, int pool_size) {
  const auto kernel = static_cast<int>(weight.size(2));
  const int reach = decode_reach(kernel, pool_size);
  const int m = 2 * reach + 1;
  const int64_t zero = static_cast<int64_t>(kernel) * kernel;
  std::vector<int64_t> place;
  place.reserve(static_cast<size_t>(pool_size * pool_size * m * m));
  for (int py = 0; py < pool_size; ++py) {
    for (int px = 0; px < pool_size; ++px) {
      for (int dy = -reach; dy <= reach; ++dy) {
        for (int dx = -reach; dx <= reach; ++dx) {
          const int ty = tap(py, dy, kernel, pool_size);
          const int tx = tap(px, dx, kernel, pool_size);
          place.push_back(ty < 0 || tx < 0 ? zero : static_cast<int64_t>(ty) * kernel + tx);
        }
      }
    }
  }
  const torch::Tensor index = torch::tensor(place, torch::kLong).to(weight.device());
  const int64_t upper = weight.size(0);
  const int64_t lower = weight.size(1);
  const torch::Tensor flat = torch::constant_pad_nd(weight.reshape({upper, lower, zero}), {0, 1});
  return flat.index_select(2, index)
      .view({upper, lower, static_cast<int64_t>(pool_size) * pool_size, m, m})
      .permute({1, 2, 0, 3, 4})
      .reshape({lower * pool_size * pool_size, upper, m, m});
}

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
  return ((decode_kernel - pool_size) / 2 + pool_size - 1) / pool_size;
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
