// Pictures by scales: a small one, and what each finer scale adds when it is enlarged.
//
// Denton, Chintala, Szlam and Fergus 2015, "Deep Generative Image Models using a Laplacian Pyramid of
// Adversarial Networks", with 2x2 means and bilinear interpolation for its blur.
#pragma once

#include <cstddef>
#include <vector>

#include "models/torch.h"

namespace reverie {

// [N, C, H, W] twice as large.
torch::Tensor enlarged(const torch::Tensor& x);

// x in so many scales, the coarsest first, x itself last: what a finer scale has to add to the one before it
// is all[n] - enlarged(all[n - 1]).
std::vector<torch::Tensor> pyramid(const torch::Tensor& x, size_t scales);

// [N, K] of any numbers, to weights that add up to 1: all of it for the largest number, shared where others
// come near it, so that a walk passes from class to class without a jump.
torch::Tensor class_weights(const torch::Tensor& numbers);

// Numbers that class_weights() makes these weights of.
torch::Tensor class_numbers(const torch::Tensor& weights);

// [N, K, height, width], each a plane of its number.
torch::Tensor class_planes(const torch::Tensor& weights, int64_t height, int64_t width);

}  // namespace reverie
