#include "models/vae/refiner.h"

#include <fmt/format.h>

namespace reverie {

std::vector<VaeLayer> refiner_layers(int channels) {
  constexpr int kKernel = 5;
  const int c = channels;
  const auto conv = [](const char* name, int lower, int upper, int stride) {
    VaeLayer layer;
    layer.name = fmt::format("{}.{}", kRefiner, name);
    layer.lower = lower;
    layer.upper = upper;
    layer.kernel = kKernel;
    layer.stride = stride;
    return layer;
  };
  std::vector<VaeLayer> all = {conv("before1", 3, c, 1),   conv("before2", c, c, 2),   conv("body1", c, c, 1),
                               conv("body2", c, 2 * c, 1), conv("body3", 2 * c, c, 1), conv("up", c, c, 2),
                               conv("clean", c, 3, 1)};
  all[5].op = VaeOp::kTransposed;
  return all;
}

torch::Tensor refined(const VaeSettings& settings, const VaeWeights& weights, const torch::Tensor& y,
                      const torch::Tensor& black) {
  VaeSettings own = settings;
  own.output = VaeActivation::kLinear;
  own.output_norm = false;
  const VaePass pass(own, weights, VaeNorm::kNone);
  std::vector<VaeLayer> layers = refiner_layers(settings.refiner);
  layers[5].height = static_cast<int>(y.size(2));
  layers[5].width = static_cast<int>(y.size(3));
  const torch::Tensor beside = pass.run(layers[0], torch::max(y, black), false);
  torch::Tensor h = beside;
  for (size_t i = 1; i < 6; ++i) h = pass.run(layers[i], h, false);
  return torch::max(pass.run(layers[6], h + beside, true), black);
}

}  // namespace reverie
