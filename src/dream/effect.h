// The effect `dream`, for whoever has LibTorch.
#pragma once

#include "core/effect_kind.h"
#include "dream/dreamer.h"

namespace reverie {

std::unique_ptr<Effect> make_dream(const EffectSetup& setup, const ParameterValues& values);

// The networks that the values name: the dream's own, and those that layers name as MODEL::LAYER.
Networks read_networks(const std::string& model, const std::vector<DreamSum>& sums,
                       const std::function<std::filesystem::path(const std::string&)>& find_file);

// What `auto` means: the layer whose receptive field is about half of the pictures that the network learned
// from.
std::string default_layer(const Model& model);

// Where a mask lets a dream happen, [1, 1, h, w] in 0..1: the brightness of a picture, or for
// "key:RRGGBB[:RADIUS]" nearness in colour to the picture that is dreamed (radius in 0..1, by default 0.25).
// Undefined for an empty name.
torch::Tensor dream_mask(const std::string& name, const Planes& picture,
                         const std::function<Planes(const std::string&)>& read_picture);

}  // namespace reverie
