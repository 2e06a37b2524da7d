#include "style/shift.h"

#include <ATen/CPUGeneratorImpl.h>

#include <algorithm>

#include "core/error.h"
#include "core/text.h"
#include "models/pictures.h"
#include "sheets/sheet.h"
#include "style/embeddings.h"

namespace reverie {
namespace {

constexpr size_t kMostLabels = 12;
constexpr int kSheetWidth = 1600, kMostMagnified = 4;
constexpr double kHalf = 0.5;

class Shifter {
 public:
  Shifter(const VaeModel& model, const torch::Tensor& like)
      : model_(model), weights_(model.constant()), height_(like.size(2)), width_(like.size(3)) {}

  torch::Tensor codes(const torch::Tensor& picture) const {
    return model_.encode(apply(model_.input, picture), weights_).mean;
  }

  Planes shown(const torch::Tensor& codes) const {
    return to_picture(unapply(model_.input, model_.decode(codes, height_, width_, weights_)));
  }

  // A grid takes over the label's statistics, one code vector goes from its own place to the label's mean.
  torch::Tensor toward(const torch::Tensor& codes, const CodeStatistics& to) const {
    if (codes.dim() == 4) return moved_to(codes, statistics_of(codes), to);
    return codes + (to.mean - codes) * kHalf;
  }

 private:
  const VaeModel& model_;
  VaeWeights weights_;
  int64_t height_, width_;
};

LabelStatistics chosen(const VaeModel& model, const std::vector<std::string>& labels) {
  LabelStatistics all = labels_of_model(model);
  if (labels.empty()) {
    while (all.size() > kMostLabels) all.erase(std::prev(all.end()));
    return all;
  }
  LabelStatistics some;
  for (const std::string& label : labels) some[label] = mix_styles(all, {{label, 1}});
  return some;
}

}  // namespace

Planes shift_sheet(const VaeModel& model, const std::vector<torch::Tensor>& pictures,
                   const std::vector<std::string>& wanted, uint64_t seed) {
  torch::NoGradGuard no_grad;
  if (pictures.empty()) throw Error("draw", "the sheet", "the record set has no pictures");
  const LabelStatistics labels = chosen(model, wanted);
  const Shifter shifter(model, pictures[0]);
  std::vector<torch::Tensor> codes;
  for (const torch::Tensor& picture : pictures) codes.push_back(shifter.codes(picture));
  std::vector<Planes> cells;
  for (size_t i = 0; i < pictures.size(); ++i) {
    const torch::Tensor& z = codes[i];
    const torch::Tensor salt = torch::randn(z.sizes(), at::detail::createCPUGenerator(seed + i));
    cells.push_back(to_picture(pictures[i]));
    cells.push_back(shifter.shown(z));
    cells.push_back(shifter.shown(z + salt));
    cells.push_back(shifter.shown(z.flip(1)));
    for (const auto& [name, statistics] : labels)
      cells.push_back(shifter.shown(shifter.toward(z, statistics)));
    const torch::Tensor& next = codes[(i + 1) % codes.size()];
    cells.push_back(shifter.shown(z + (next - z) * kHalf));
  }
  std::vector<std::string> names;
  for (const auto& [name, statistics] : labels) names.push_back(name);
  const int columns = static_cast<int>(labels.size()) + 5;
  const int magnify =
      fitting_magnification(columns, static_cast<int>(pictures[0].size(3)), kSheetWidth, kMostMagnified);
  std::vector<Planes> parts = {captioned(
      grid(cells, columns, magnify), "Codes changed",
      "picture, reconstruction, salted, reversed, " + join(names, ", ") + ", halfway to the next picture")};
  if (labels.size() > 1) {
    std::vector<Planes> walk;
    for (auto it = labels.begin(); std::next(it) != labels.end(); ++it) {
      for (const double share : {0.0, kHalf})
        walk.push_back(
            shifter.shown(shifter.toward(codes[0], between(it->second, std::next(it)->second, share))));
    }
    walk.push_back(shifter.shown(shifter.toward(codes[0], labels.rbegin()->second)));
    parts.push_back(captioned(grid(walk, static_cast<int>(walk.size()), magnify), "A walk",
                              "from " + join(names, " to ")));
  }
  return stacked(parts);
}

}  // namespace reverie
