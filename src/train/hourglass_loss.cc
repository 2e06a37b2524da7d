#include "train/hourglass_loss.h"

namespace reverie {
namespace {

// Level by level upwards; frozen levels remember nothing for the way back.
std::vector<torch::Tensor> encode_up(const HourglassNet::Weights& weights, const torch::Tensor& input,
                                     const HourglassStage& stage) {
  std::vector<torch::Tensor> h = {input};
  for (int l = 0; l < stage.top_level; ++l) {
    const torch::AutoGradMode learning(l >= stage.frozen_levels);
    h.push_back(weights.encode(l, h.back()));
  }
  return h;
}

}  // namespace

torch::Tensor euclidean(const torch::Tensor& a, const torch::Tensor& b, int64_t count) {
  return (a - b).square().sum() / (2.0 * static_cast<double>(count));
}

torch::Tensor picture_loss(const HourglassStage& stage, const torch::Tensor& answer,
                           const torch::Tensor& target, int64_t count) {
  if (stage.loss == LossKind::kEuclidean) return euclidean(answer, target, count);
  return torch::binary_cross_entropy(answer, target, {}, torch::Reduction::Sum) / static_cast<double>(count);
}

LossParts hourglass_losses(const HourglassNet& net, const HourglassStage& stage, const torch::Tensor& input,
                           const torch::Tensor& target, int64_t count) {
  const HourglassNet::Weights weights = net.weights();
  const std::vector<torch::Tensor> h = encode_up(weights, input, stage);
  LossParts parts;
  parts.errors.resize(stage.loss_weights.size());
  torch::Tensor down = h.back();
  int at = stage.top_level;
  for (auto l = static_cast<int>(stage.loss_weights.size()) - 1; l >= 0; --l) {
    const double weight = stage.loss_weights[static_cast<size_t>(l)];
    if (weight == 0) continue;
    torch::Tensor error;
    if (l == 0 && stage.loss == LossKind::kCrossEntropy) {
      down = weights.decode_down(down, at, 1);
      error = torch::binary_cross_entropy_with_logits(weights.decode_linear(0, down), target, {}, {},
                                                      torch::Reduction::Sum) /
              static_cast<double>(count);
    } else {
      down = weights.decode_down(down, at, l);
      at = l;
      error = euclidean(down, l == 0 ? target : h[static_cast<size_t>(l)], count);
    }
    parts.errors[static_cast<size_t>(l)] = error;
    parts.total = parts.total.defined() ? parts.total + error * weight : error * weight;
  }
  return parts;
}

}  // namespace reverie
