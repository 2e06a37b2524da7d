// What each channel of a layer looks for, dreamed from noise: an atlas of a network.
#pragma once

#include <cstdint>
#include <memory>
#include <vector>

#include "core/planes.h"
#include "models/model.h"

namespace reverie {

struct AtlasSettings {
  int side = 96;  // of a channel's picture, at least: high layers get what their receptive field asks for
  int steps = 96;
  uint64_t seed = 1;
  int threads = 1;
};

// The layers worth a sheet: of those in a row that have the same shape and see as much, the last; none
// without places.
std::vector<LayerInfo> atlas_layers(const Model& model);

// One channel, settings.side or more pixels wide.  Stopped after Ctrl-C.
Planes atlas_picture(const std::shared_ptr<const Model>& model, const LayerInfo& layer, int64_t channel,
                     const AtlasSettings& settings);

}  // namespace reverie
