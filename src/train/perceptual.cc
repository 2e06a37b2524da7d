#include "train/perceptual.h"

#include "core/error.h"
#include "models/family.h"

namespace reverie {
namespace {

constexpr double kSmall = 1e-8;
constexpr int64_t kSide = 224;  // of pictures that layers are asked about

}  // namespace

torch::Tensor gram_of(const torch::Tensor& features) {
  const torch::Tensor rows = features.flatten(2);
  return torch::bmm(rows, rows.transpose(1, 2)) / static_cast<double>(rows.size(2));
}

torch::Tensor relative_difference(const torch::Tensor& a, const torch::Tensor& b) {
  return (a - b).square().flatten(1).sum(1) / (b.square().flatten(1).sum(1) + kSmall);
}

torch::Tensor total_variation(const torch::Tensor& pictures) {
  const torch::Tensor across = pictures.diff(1, 3).abs().mean(at::IntArrayRef({1, 2, 3}));
  return across + pictures.diff(1, 2).abs().mean(at::IntArrayRef({1, 2, 3}));
}

Perceptual::Perceptual(const std::string& model, const std::vector<std::vector<std::string>>& layers,
                       torch::Device device)
    : model_(read_model(model)) {
  model_->parameters().move_to(device);
  std::vector<std::string> names;
  for (const LayerInfo& layer : model_->layers(kSide, kSide)) names.push_back(layer.name);
  for (const auto& wanted : layers) places_of(wanted, names);
}

std::vector<torch::Tensor> Perceptual::features(const torch::Tensor& pictures,
                                                const std::vector<std::string>& layers) const {
  return model_->forward(apply(model_->input, pictures), layers);
}

int64_t Perceptual::channels(const std::string& layer) const {
  for (const LayerInfo& info : model_->layers(kSide, kSide)) {
    if (info.name == layer) return info.channels;
  }
  throw Error("find the layer", layer, "the network does not have it");
}

}  // namespace reverie
