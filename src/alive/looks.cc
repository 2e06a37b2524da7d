#include "alive/looks.h"

#include <ATen/CPUGeneratorImpl.h>

#include <cmath>

#include "core/error.h"
#include "core/text.h"
#include "models/family.h"
#include "models/pictures.h"

namespace reverie {
namespace {

constexpr int kMostLayers = 5;
constexpr double kHighestStep = 16;      // pixels from one sample to the next
constexpr int64_t kMostSamples = 65536;  // of a style's layer
constexpr int64_t kLeastSide = 24;       // of what a network is shown

torch::Tensor halved(const torch::Tensor& pictures) {
  return at::avg_pool2d(pictures, 2);
}

}  // namespace

std::vector<std::string> chosen_layers(const std::string& network, const std::string& words) {
  if (words != "auto") return split(words, ',');
  std::vector<std::string> low;
  for (const LayerInfo& layer : read_model(network)->layers(224, 224)) {
    if (layer.step <= kHighestStep && layer.height > 1) low.push_back(layer.name);
  }
  if (low.empty()) throw Error("look with", network, "it has no layer of features", "name some: layers=A,B");
  const size_t count = std::min<size_t>(kMostLayers, low.size());
  std::vector<std::string> chosen;
  for (size_t i = 0; i < count; ++i) chosen.push_back(low[(i + 1) * low.size() / count - 1]);
  return chosen;
}

Looks::Looks(const LooksSettings& settings, const std::vector<Planes>& style, torch::Device device)
    : settings_(settings), layers_(chosen_layers(settings.network, settings.layers)) {
  network_ =
      std::make_unique<Perceptual>(settings.network, std::vector<std::vector<std::string>>{layers_}, device);
  const torch::NoGradGuard no_grad;
  std::vector<std::vector<std::vector<torch::Tensor>>> parts(static_cast<size_t>(settings.scales));
  for (const Planes& picture : style) {
    const double shorter = std::min(picture.height(), picture.width());
    const double scale = settings.style_size / shorter;
    const auto side = [&](int n) { return std::max(1, static_cast<int>(std::lround(n * scale))); };
    torch::Tensor x =
        from_picture(resize(picture, side(picture.height()), side(picture.width()))).to(device) / 255;
    for (auto& at_scale : parts) {
      if (std::min(x.size(2), x.size(3)) < kLeastSide) break;
      const std::vector<torch::Tensor> layers = seen(x);
      at_scale.resize(layers.size());
      for (size_t i = 0; i < layers.size(); ++i) at_scale[i].push_back(layers[i][0]);
      x = halved(x);
    }
  }
  for (const auto& at_scale : parts) {
    std::vector<Bank> banks;
    for (const auto& pieces : at_scale) {
      torch::Tensor all = at::cat(pieces, 1);
      if (const int64_t every = (all.size(1) + kMostSamples - 1) / kMostSamples; every > 1)
        all = all.slice(1, 0, at::nullopt, every);
      const double spread = all.var(1, false).mean().item<double>();
      banks.push_back({all.contiguous(), std::max(spread, 1e-8)});
    }
    if (!banks.empty()) banks_.push_back(std::move(banks));
  }
  if (banks_.empty()) throw Error("learn from", "the style", "its pictures are too small");
}

std::vector<torch::Tensor> Looks::seen(const torch::Tensor& pictures) const {
  std::vector<torch::Tensor> out = {pictures.flatten(2)};
  for (const torch::Tensor& f : network_->features(pictures * 255, layers_)) out.push_back(f.flatten(2));
  return out;
}

torch::Tensor Looks::distance(const torch::Tensor& pictures, const Random& draws) const {
  torch::Tensor sum;
  double weights = 0;
  torch::Tensor x = pictures;
  Random own = draws;
  auto generator = at::make_generator<at::CPUGeneratorImpl>(own.bits());
  for (const std::vector<Bank>& banks : banks_) {
    if (std::min(x.size(2), x.size(3)) < kLeastSide) break;
    const std::vector<torch::Tensor> layers = seen(x);
    for (size_t i = 0; i < layers.size(); ++i) {
      const double weight = i == 0 ? settings_.raw : 1;
      if (weight == 0) continue;
      const torch::Tensor& f = layers[i];  // [N, C, P]
      const Bank& bank = banks[i];
      const torch::Tensor directions =
          random_directions(settings_.projections, f.size(1), generator).to(f.device());
      // as many of the style's features, at random places: then they are compared rank by rank
      const torch::Tensor places =
          at::randint(bank.features.size(1), {std::max<int64_t>(f.size(2), 1)}, generator, torch::kLong);
      const torch::Tensor theirs = bank.features.index_select(1, places.to(f.device()));
      const torch::Tensor d = weight * sliced_distance(f, theirs, directions) / bank.spread;
      sum = sum.defined() ? sum + d : d;
      weights += weight;
    }
    x = halved(x);
  }
  if (!sum.defined()) throw Error("compare", "the picture", "it is too small", "24 pixels at least");
  return sum / weights;
}

}  // namespace reverie
