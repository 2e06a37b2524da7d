// What a trained network sees in pictures, as losses of another network's training.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "models/model.h"

namespace reverie {

// Of one layer: sum of products of two channels over all places, [N, C, C], divided by the places.
// Gatys, Ecker and Bethge 2016, "Image Style Transfer Using Convolutional Neural Networks".
torch::Tensor gram_of(const torch::Tensor& features);

// |a - b|^2 / |b|^2, one number per picture, [N]: layers of any scale weigh the same.
torch::Tensor relative_difference(const torch::Tensor& a, const torch::Tensor& b);

// |d/dx| + |d/dy|, the mean over all samples of a picture, [N].
torch::Tensor total_variation(const torch::Tensor& pictures);

// A network whose layers are features.
class Perceptual {
 public:
  // Error for a network that cannot be read, or a layer that it does not have.
  Perceptual(const std::string& model, const std::vector<std::vector<std::string>>& layers,
             torch::Device device = torch::kCPU);

  // pictures: [N, 3, H, W], 0..255; what the layers make of them, with gradients to the pictures.
  std::vector<torch::Tensor> features(const torch::Tensor& pictures,
                                      const std::vector<std::string>& layers) const;
  const Model& model() const { return *model_; }
  // Channels of a layer.
  int64_t channels(const std::string& layer) const;

 private:
  std::unique_ptr<Model> model_;
};

}  // namespace reverie
