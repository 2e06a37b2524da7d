#include "models/vae/scales.h"

#include <algorithm>

namespace reverie {
namespace {

constexpr double kNear = 0.1;  // of numbers with deviation 1: two classes share a picture

}  // namespace

torch::Tensor enlarged(const torch::Tensor& x) {
  return torch::upsample_bilinear2d(x, {2 * x.size(2), 2 * x.size(3)}, false);
}

std::vector<torch::Tensor> pyramid(const torch::Tensor& x, size_t scales) {
  std::vector<torch::Tensor> all = {x};
  while (all.size() < scales) all.push_back(torch::avg_pool2d(all.back(), 2));
  std::reverse(all.begin(), all.end());
  return all;
}

torch::Tensor class_weights(const torch::Tensor& numbers) {
  const torch::Tensor weights = torch::relu(numbers - numbers.amax(1, true) + kNear);
  return weights / weights.sum(1, true);
}

torch::Tensor class_numbers(const torch::Tensor& weights) {
  return kNear * weights / weights.amax(1, true).clamp_min(1e-6);
}

torch::Tensor class_planes(const torch::Tensor& weights, int64_t height, int64_t width) {
  return weights.view({weights.size(0), weights.size(1), 1, 1}).expand({-1, -1, height, width});
}

}  // namespace reverie
