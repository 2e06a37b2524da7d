#include "train/frechet.h"

#include <fmt/format.h>

#include <algorithm>

#include "core/error.h"
#include "core/stop.h"
#include "models/vae/vae.h"
#include "train/gan_task.h"
#include "train/input.h"
#include "train/perceptual.h"
namespace reverie {
namespace {

constexpr size_t kAtOnce = 20;
constexpr size_t kFewest = 4;  // pictures, so that halves have a covariance

// The square root's trace, from eigenvalues: C1^(1/2) C2 C1^(1/2) is symmetric and has those of C1 C2.
double trace_of_root(const torch::Tensor& a, const torch::Tensor& b) {
  const auto [values, vectors] = at::linalg_eigh(a);
  const torch::Tensor root = vectors.mul(values.clamp_min(0).sqrt()).mm(vectors.t());
  return at::linalg_eigvalsh(root.mm(b).mm(root)).clamp_min(0).sqrt().sum().item<double>();
}

std::string last_with_places(const Model& network, int side) {
  std::string name;
  for (const LayerInfo& layer : network.layers(side, side)) {
    if (layer.height > 1 && layer.width > 1) name = layer.name;
  }
  if (name.empty()) throw Error("compare with", "the network", "no layer of it has places", "--layers NAME");
  return name;
}

// The share of points that lie in one of the balls about others that reach to their third nearest neighbour.
double share_within(const torch::Tensor& points, const torch::Tensor& others) {
  constexpr int64_t kNeighbour = 3;
  // the nearest of all is the point itself
  const torch::Tensor radii = std::get<0>(torch::cdist(others, others).kthvalue(kNeighbour + 1, 1));
  return torch::cdist(points, others).le(radii).any(1).to(torch::kFloat64).mean().item<double>();
}

class Features {
 public:
  explicit Features(const FrechetSettings& settings) : settings_(settings), network_(settings.network, {}) {
    layer_ = settings.layer.empty() ? last_with_places(network_.model(), settings.side) : settings.layer;
  }

  // pictures: [N, 3, H, W], 0..255; [N, F]
  torch::Tensor of(const torch::Tensor& pictures) const {
    const torch::Tensor large =
        torch::upsample_bilinear2d(pictures.contiguous(), {settings_.side, settings_.side}, false, {}, {});
    const torch::Tensor h = network_.features(large, {layer_})[0];
    return h.dim() == 4 ? h.mean(at::IntArrayRef({2, 3})) : h;
  }
  const std::string& layer() const { return layer_; }

 private:
  FrechetSettings settings_;
  Perceptual network_;
  std::string layer_;
};

}  // namespace

FeatureStatistics feature_statistics(const torch::Tensor& features) {
  const torch::Tensor x = features.to(torch::kFloat64);
  const torch::Tensor mean = x.mean(0);
  const torch::Tensor off = x - mean;
  return {mean, off.t().mm(off) / static_cast<double>(x.size(0) - 1)};
}

double frechet_distance(const FeatureStatistics& a, const FeatureStatistics& b) {
  return (a.mean - b.mean).square().sum().item<double>() + a.covariance.trace().item<double>() +
         b.covariance.trace().item<double>() - 2 * trace_of_root(a.covariance, b.covariance);
}

PrecisionRecall precision_and_recall(const torch::Tensor& real, const torch::Tensor& made) {
  return {share_within(made, real), share_within(real, made)};
}

std::vector<Figure> frechet_figures(const Model& any, const RecordSet& set, Split split, size_t limit,
                                    const FrechetSettings& settings) {
  torch::NoGradGuard no_grad;
  const VaeModel& model = as_vae(any, "draw samples of");
  const Features features(settings);
  const auto [height, width] = set.common_size();
  const size_t count = limit == 0 ? set.size(split) : std::min(limit, set.size(split));
  if (count < kFewest)
    throw Error("evaluate on", set.name(), fmt::format("it takes {} pictures of that split", kFewest));
  const size_t step = set.size(split) / count;  // sets are often sorted
  std::vector<torch::Tensor> real;
  std::vector<torch::Tensor> made;
  double edges = 0;
  double edges_made = 0;
  for (size_t first = 0; first < count; first += kAtOnce) {
    if (stop_requested()) throw Stopped();
    const size_t n = std::min(kAtOnce, count - first);
    const torch::Tensor pictures = read_pictures(set, split, first * step, n, step);
    real.push_back(features.of(pictures));
    edges += total_variation(pictures).sum().item<double>();
    const torch::Tensor codes = sample_codes(model, static_cast<int64_t>(n), height, width, first + 1);
    const torch::Tensor samples = pictures_of_codes(model, codes, height, width);
    made.push_back(features.of(samples));
    edges_made += total_variation(samples).sum().item<double>();
  }
  const torch::Tensor pictures = torch::cat(real);
  const auto every_second = [&](int64_t from) { return feature_statistics(pictures.slice(0, from, {}, 2)); };
  const torch::Tensor samples = torch::cat(made);
  const PrecisionRecall among = precision_and_recall(pictures, samples);
  return {{"compared", static_cast<double>(count), 15},
          {"frechet", frechet_distance(feature_statistics(samples), feature_statistics(pictures))},
          {"frechet_of_halves", frechet_distance(every_second(0), every_second(1))},
          {"precision", among.precision, 4},
          {"recall", among.recall, 4},
          // differences of neighbours: below 1 they are softer than the pictures, noise is above it
          {"sharpness", edges > 0 ? edges_made / edges : 0, 4}};
}

}  // namespace reverie
