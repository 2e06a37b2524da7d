#include "dream/atlas.h"

#include <ATen/Parallel.h>

#include <algorithm>

#include "dream/lucid.h"
#include "models/pictures.h"

namespace reverie {
namespace {

constexpr int64_t kLargestSide = 192;  // of a channel's picture
}  // namespace

std::vector<LayerInfo> atlas_layers(const Model& model) {
  const int64_t side = std::max<int64_t>(model.trained_side(), 224);
  std::vector<LayerInfo> kept;
  for (const LayerInfo& layer : model.layers(side, side)) {
    if (layer.height < 2 || layer.width < 2) continue;
    const bool again = !kept.empty() && kept.back().channels == layer.channels &&
                       kept.back().height == layer.height && kept.back().receptive == layer.receptive;
    if (again) kept.pop_back();
    kept.push_back(layer);
  }
  return kept;
}

Planes atlas_picture(const std::shared_ptr<const Model>& model, const LayerInfo& layer, int64_t channel,
                     const AtlasSettings& settings) {
  at::set_num_threads(settings.threads);
  ObjectiveSettings asked;
  DreamTerm term;
  term.layer = layer.name;
  term.pick = DreamTerm::Pick::kListed;
  term.channels = {channel};
  asked.sums = {{term}};
  asked.measure = Measure::kMean;
  Objective objective({{"", model}}, asked, [](const std::string& name) { return name; });
  LucidSettings s;
  s.steps = settings.steps;
  const int64_t seen = std::min(kLargestSide, (layer.receptive + 15) / 16 * 16);
  s.height = s.width = std::max({int64_t{settings.side}, seen, objective.smallest_side()});
  const Random draw = Random(settings.seed).split(static_cast<uint64_t>(channel));
  return to_picture(lucid(objective, s, draw, nullptr));
}

}  // namespace reverie
