#include "train/vae_figures.h"

#include <algorithm>
#include <cmath>

#include "core/error.h"
#include "core/text.h"
#include "models/vae/vae.h"
#include "sheets/sheet.h"
#include "train/input.h"
#include "train/inspect.h"
#include "train/vae_task.h"

namespace reverie {
namespace {

constexpr size_t kAtOnce = 16;

// Of a model of two codes: the pictures that codes become which halve, quarter, ... what normal numbers do
// (Kingma and Welling 2014, figure 4).
Planes manifold(const VaeModel& model, const VaeWeights& weights) {
  constexpr int64_t kSide = 20;
  const torch::Tensor shares = (torch::arange(kSide, torch::kFloat32) + 0.5) / kSide;
  const torch::Tensor along = at::special_ndtri(shares);
  const torch::Tensor x = along.repeat({kSide});
  const torch::Tensor y = -along.repeat_interleave(kSide);
  const VaeSettings& s = model.settings();
  const torch::Tensor shown =
      unapply(model.input, model.decode(torch::stack({x, y}, 1), s.height, s.width, weights));
  std::vector<Planes> pictures;
  for (int64_t i = 0; i < shown.size(0); ++i) pictures.push_back(to_planes((shown[i] / 255).clamp(0, 1)));
  return captioned(grid(pictures, kSide), "Pictures of codes", "a square of equal shares of normal numbers");
}

}  // namespace

std::vector<Figure> vae_figures(const Model& any, const RecordSet& set, Split split, size_t limit) {
  torch::NoGradGuard no_grad;
  const VaeModel& model = as_vae(any, "evaluate");
  const VaeWeights weights = model.constant();
  const bool refines = model.settings().refiner > 0;
  const size_t pictures = limit == 0 ? set.size(split) : std::min(limit, set.size(split));
  double squares = 0;
  double refined = 0;
  double kl = 0;
  double samples = 0;
  double seen = 0;
  for (size_t first = 0; first < pictures; first += kAtOnce) {
    const torch::Tensor picture = read_pictures(set, split, first, std::min(kAtOnce, pictures - first));
    const torch::Tensor x = apply(model.input, picture);
    const Codes codes = model.encode(x, weights);
    const torch::Tensor told = model.with_labels(codes.mean, read_labels(set, split, first, x.size(0)));
    const torch::Tensor y = model.decode(told, x.size(2), x.size(3), weights);
    seen += (x - y).square().sum().item<double>();
    const auto error = [&](const torch::Tensor& shown) {
      return (unapply(model.input, shown).clamp(0, 255) - picture).square().sum().item<double>();
    };
    squares += error(y);
    if (refines) refined += error(model.refine(y, weights));
    samples += static_cast<double>(picture.numel());
    kl += kl_divergence(codes.mean, codes.log_sigma).sum().item<double>();
  }
  if (pictures == 0) throw Error("evaluate on", set.name(), "the split has no picture");
  const auto count = static_cast<double>(pictures);
  const auto decibels = [&](double error) { return 10 * std::log10(255.0 * 255.0 * samples / error); };
  std::vector<Figure> figures = {{"pictures", count, 15},
                                 {"squared_error", seen / count},
                                 {"kl", kl / count},
                                 {"psnr", decibels(squares), 4}};
  if (refines) figures.push_back({"psnr_refined", decibels(refined), 4});
  return figures;
}

Planes vae_sheet(const Model& any, const RecordSet& set, Split split, size_t limit) {
  constexpr size_t kRows = 6;
  constexpr size_t kShownLabels = 10;
  constexpr int kWidth = 600, kMostMagnified = 4;
  torch::NoGradGuard no_grad;
  const VaeModel& model = as_vae(any, "draw");
  const VaeWeights weights = model.constant();
  const bool refines = model.settings().refiner > 0;
  const bool conditional = model.settings().classes > 0;
  std::vector<std::string> labels;
  std::vector<torch::Tensor> places;  // theirs
  for (const std::string& label : model.labels()) {
    const int64_t i = std::find(model.labels().begin(), model.labels().end(), label) - model.labels().begin();
    if (labels.size() == kShownLabels || weights.at("label.seen")[i].item<float>() == 0) continue;
    if (model.shrink() == 0 && !conditional) continue;
    labels.push_back(label);
    places.push_back(torch::full({1}, i, torch::kLong));
  }
  std::vector<Planes> pictures;
  const size_t count = std::min({limit, set.size(split), kRows});
  for (size_t i = 0; i < count; ++i) {
    const size_t place = i * set.size(split) / count;
    const torch::Tensor picture = read_pictures(set, split, place, 1);
    const torch::Tensor x = apply(model.input, picture);
    const torch::Tensor codes = model.encode(x, weights).mean;
    const auto show = [&](const torch::Tensor& y) {
      pictures.push_back(to_planes((unapply(model.input, y)[0] / 255).clamp(0, 1)));
    };
    const auto decoded = [&](const torch::Tensor& z) {
      return model.decode(z, x.size(2), x.size(3), weights);
    };
    pictures.push_back(to_planes(picture[0] / 255));
    const torch::Tensor own = model.with_labels(codes, read_labels(set, split, place, 1));
    show(decoded(own));
    if (refines) show(model.refine(decoded(own), weights));
    for (size_t l = 0; l < labels.size(); ++l) {
      const torch::Tensor moved =
          conditional ? model.with_labels(codes, places[l])
                      : moved_to(codes, statistics_of(codes), model.label_statistics(labels[l]));
      show(model.refine(decoded(moved), weights));
    }
  }
  const int columns = static_cast<int>(labels.size()) + (refines ? 3 : 2);
  const int side = pictures.empty() ? 1 : pictures[0].width();
  const int magnify = fitting_magnification(columns, side, kWidth, kMostMagnified);
  const Planes sheet = captioned(
      grid(pictures, columns, magnify),
      refines ? "Pictures, their reconstructions, and these refined" : "Pictures and their reconstructions",
      labels.empty() ? "" : (conditional ? "then as " : "then toward ") + join(labels, ", "));
  if (model.shrink() > 0 || model.settings().codes != 2 || conditional) return sheet;
  return stacked(std::vector<Planes>{sheet, manifold(model, weights)});
}

}  // namespace reverie
