// Convolutions followed by batch normalisation (Ioffe and Szegedy 2015) and ReLU, as classifiers have them.
#pragma once

#include <string>
#include <vector>

#include "models/model.h"

namespace reverie {

// What a network learns and what it keeps, while its layers are listed.
struct Layouts {
  Layout learned, buffers;
};

// NAME.weight of that shape, NAME.norm.weight and .norm.bias; buffers NAME.norm.mean and .norm.variance.
void add_normalised(const std::string& name, std::vector<int64_t> shape, int fan_in, Layouts& to);
// NAME.weight [upper, lower] and NAME.bias.
void add_dense(const std::string& name, int64_t lower, int64_t upper, Layouts& to);

// Zeros, and variances of 1; the only buffers are those of add_normalised().
Parameters make_parameters(Layouts layouts, torch::Device device);

struct Normalised {
  torch::Tensor weight;       // [C', C, K, K], K odd
  torch::Tensor gain, shift;  // [C']
  torch::Tensor mean, variance;
  int64_t stride = 1;
};

// What a convolution of ceil(size / stride) places takes around x [N, C, H, W]: left, right, top, bottom; of
// an uneven border the larger part is right and below, as TensorFlow's SAME has it.
std::vector<int64_t> same_border(const torch::Tensor& x, int64_t kernel, int64_t stride);

// x: [N, C, H, W].  In learning by the batch's statistics, of which a running mean is kept.
torch::Tensor learn_normalised(const torch::Tensor& x, const Normalised& layer);
// As a trained network is used: the normalisation is a part of the convolution.
torch::Tensor use_normalised(const torch::Tensor& x, const Normalised& layer, const PassOptions& options);

}  // namespace reverie
