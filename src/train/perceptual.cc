#include "train/perceptual.h"

#include <ATen/CPUGeneratorImpl.h>

#include <algorithm>
#include <tuple>
#include <utility>

#include "core/error.h"
#include "models/family.h"

namespace reverie {
namespace {

constexpr double kSmall = 1e-8;
constexpr int64_t kSide = 224;  // of pictures that layers are asked about
constexpr int64_t kDirections = 32;
constexpr int64_t kLeastSide = 24;  // of what a network is shown

// [C, samples]: all places of all pictures.
torch::Tensor samples_of(const torch::Tensor& features) {
  return features.flatten(2).transpose(0, 1).flatten(1);
}

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

torch::Tensor sliced_distance(const torch::Tensor& a, const torch::Tensor& b,
                              const torch::Tensor& directions) {
  const auto sorted = [&](const torch::Tensor& x) {
    return std::get<0>(torch::matmul(directions, x).sort(-1));
  };
  torch::Tensor theirs;
  {
    torch::NoGradGuard no_grad;
    theirs = sorted(b);
  }
  return (sorted(a) - theirs).square().mean();
}

torch::Tensor random_directions(int64_t count, int64_t channels, torch::Generator generator) {
  const torch::Tensor directions = torch::randn({count, channels}, std::move(generator), torch::kFloat32);
  return directions / directions.norm(2, 1, true);
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

torch::Tensor looks_between(const Perceptual& network, const std::vector<std::string>& layers, int scales,
                            const torch::Tensor& made, const torch::Tensor& others, Random draws) {
  auto generator = at::make_generator<at::CPUGeneratorImpl>(draws.bits());
  const auto seen = [&](const torch::Tensor& pictures) {
    std::vector<torch::Tensor> all = network.features(pictures, layers);
    all.push_back(pictures);
    return all;
  };
  torch::Tensor sum = torch::zeros({}, made.options());
  int64_t parts = 0;
  torch::Tensor a = made;
  torch::Tensor b = others;
  for (int scale = 0; scale < scales && std::min(a.size(2), a.size(3)) >= kLeastSide; ++scale) {
    std::vector<torch::Tensor> theirs;
    {
      torch::NoGradGuard no_grad;
      theirs = seen(b);
    }
    const std::vector<torch::Tensor> own = seen(a);
    for (size_t i = 0; i < own.size(); ++i) {
      const torch::Tensor reference = samples_of(theirs[i]);
      const torch::Tensor spread = reference.var(1, false).mean().clamp_min(kSmall);
      const torch::Tensor directions =
          random_directions(kDirections, reference.size(0), generator).to(reference.device());
      sum = sum + sliced_distance(samples_of(own[i]), reference, directions) / spread;
      ++parts;
    }
    a = torch::avg_pool2d(a, 2);
    b = torch::avg_pool2d(b, 2);
  }
  if (parts == 0) throw Error("compare", "the pictures", "they are too small", "24 pixels a side at least");
  return sum / static_cast<double>(parts);
}

}  // namespace reverie
