// Between the pictures of Reverie and LibTorch's tensors.
#pragma once

#include "core/planes.h"
#include "models/torch.h"

namespace reverie {

// [C, H, W] in 0..1 -> [1, C, H, W] in 0..255.
torch::Tensor from_picture(const Planes& picture);
// [1, C, H, W] in 0..255 -> [C, H, W], kept in 0..1; what is not a number becomes 0.
Planes to_picture(const torch::Tensor& picture);
// [N, C, H, W] at another size: linear between samples, averaged where it shrinks.
torch::Tensor resized(const torch::Tensor& picture, int64_t height, int64_t width);
// [N, C, H, W] at a larger size, by Lanczos' kernel of three lobes: sharper than cubic, with a faint rim at
// edges.
torch::Tensor enlarged(const torch::Tensor& picture, int64_t height, int64_t width);

}  // namespace reverie
