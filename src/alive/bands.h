// How much there is of each size in pictures: the power of their spectrum by bands.
#pragma once

#include <vector>

#include "core/planes.h"
#include "models/torch.h"

namespace reverie {

class Bands {
 public:
  // What squares of side x side pixels of the style have, whose shorter side is style_size pixels.
  Bands(int side, int style_size, const std::vector<Planes>& style, torch::Device device = torch::kCPU);

  // pictures: [N, 3, side, side] in 0..1.  Mean over the bands of how far the logarithm of their power, that
  // of all pictures together, is from the style's: nats; one number, with gradients to them.
  torch::Tensor distance(const torch::Tensor& pictures) const;

 private:
  torch::Tensor power(const torch::Tensor& pictures) const;  // [bands]

  torch::Tensor window_;   // [side, side]: Hann's, so that borders are no edges
  torch::Tensor band_of_;  // [bands, side * side], rows of sum 1
  torch::Tensor style_;    // [bands], logarithms
};

}  // namespace reverie
