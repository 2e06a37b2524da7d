#include "models/normalised.h"

#include <algorithm>
#include <utility>

#include "models/lean.h"

namespace reverie {
namespace {

constexpr double kStatisticsRate = 0.1;
constexpr double kEpsilon = 1e-5;

// x with its border, where the convolution itself cannot add it, and the padding that is left to it.
std::pair<torch::Tensor, int64_t> bordered(const torch::Tensor& x, const Normalised& layer) {
  const int64_t kernel = layer.weight.size(2);
  if (layer.stride == 1) return {x, (kernel - 1) / 2};
  return {torch::constant_pad_nd(x, same_border(x, kernel, layer.stride)), 0};
}

}  // namespace

std::vector<int64_t> same_border(const torch::Tensor& x, int64_t kernel, int64_t stride) {
  std::vector<int64_t> by;
  for (const int64_t size : {x.size(3), x.size(2)}) {
    const int64_t places = (size + stride - 1) / stride;
    const int64_t border = std::max<int64_t>((places - 1) * stride + kernel - size, 0);
    by.push_back(border / 2);
    by.push_back(border - border / 2);
  }
  return by;
}

void add_normalised(const std::string& name, std::vector<int64_t> shape, int fan_in, Layouts& to) {
  const int64_t upper = shape[0];
  to.learned.add(name + ".weight", std::move(shape), fan_in);
  to.learned.add(name + ".norm.weight", {upper});
  to.learned.add(name + ".norm.bias", {upper});
  to.buffers.add(name + ".norm.mean", {upper});
  to.buffers.add(name + ".norm.variance", {upper});
}

void add_dense(const std::string& name, int64_t lower, int64_t upper, Layouts& to) {
  to.learned.add(name + ".weight", {upper, lower}, static_cast<int>(lower));
  to.learned.add(name + ".bias", {upper});
}

Parameters make_parameters(Layouts layouts, torch::Device device) {
  Parameters parameters(std::move(layouts.learned), std::move(layouts.buffers), device);
  torch::NoGradGuard no_grad;
  const std::vector<torch::Tensor> buffers = parameters.cut_buffers();
  for (size_t i = 1; i < buffers.size(); i += 2) buffers[i].fill_(1);
  return parameters;
}

torch::Tensor learn_normalised(const torch::Tensor& x, const Normalised& layer) {
  const torch::Tensor weight = layer.weight.contiguous(torch::MemoryFormat::ChannelsLast);
  const auto [wide, pad] = bordered(x, layer);
  const torch::Tensor y = torch::conv2d(wide, weight, {}, layer.stride, pad);
  return torch::relu(torch::batch_norm(y, layer.gain, layer.shift, layer.mean, layer.variance, true,
                                       kStatisticsRate, kEpsilon, false));
}

torch::Tensor use_normalised(const torch::Tensor& x, const Normalised& layer, const PassOptions& options) {
  const auto [wide, pad] = bordered(x, layer);
  const torch::Tensor scale = layer.gain * torch::rsqrt(layer.variance + kEpsilon);
  const torch::Tensor weight =
      (layer.weight * scale.view({-1, 1, 1, 1})).contiguous(torch::MemoryFormat::ChannelsLast);
  const ConvolutionSteps steps{{layer.stride, layer.stride}, {pad, pad}};
  return lean_relu(lean_convolution(wide, weight, layer.shift - layer.mean * scale, steps), options, true);
}

}  // namespace reverie
