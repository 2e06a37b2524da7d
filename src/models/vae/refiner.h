// A second network over what a decoder makes, which puts back detail that the codes do not hold: of the
// VAE style transfer of 2017, any number of channels in place of its 32.
#pragma once

#include "models/vae/pass.h"

namespace reverie {

inline constexpr const char* kRefiner = "refine";  // what its layers' names begin with

// Before any smaller picture; in half size; large again beside the first; and the picture.
std::vector<VaeLayer> refiner_layers(int channels);

// y: [N, 3, H, W] in the scale of x, any size; the result likewise, not under `black` ([1, 3, H, W]).
torch::Tensor refined(const VaeSettings& settings, const VaeWeights& weights, const torch::Tensor& y,
                      const torch::Tensor& black);

}  // namespace reverie
