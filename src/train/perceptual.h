// What a trained network sees in pictures, as losses of another network's training.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "core/random.h"
#include "models/model.h"

namespace reverie {

// Of one layer: sum of products of two channels over all places, [N, C, C], divided by the places.
// Gatys, Ecker and Bethge 2016, "Image Style Transfer Using Convolutional Neural Networks".
torch::Tensor gram_of(const torch::Tensor& features);

// |a - b|^2 / |b|^2, one number per picture, [N]: layers of any scale weigh the same.
torch::Tensor relative_difference(const torch::Tensor& a, const torch::Tensor& b);

// Sliced optimal transport between as many samples a and b, [..., C, P] each or b [C, P], of a network's
// features: along each direction [D, C] the sorted ones of a are compared with those of b, and the squares
// averaged.  Gradients reach a alone.  Heitz et al. 2021, "A Sliced Wasserstein Loss for Neural Texture
// Synthesis".
torch::Tensor sliced_distance(const torch::Tensor& a, const torch::Tensor& b,
                              const torch::Tensor& directions);
// Of length 1, [count, channels].
torch::Tensor random_directions(int64_t count, int64_t channels, torch::Generator generator);

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

// How far the looks of some pictures are from those of others, as many and of the same size, [N, 3, H, W] in
// 0..255: the sliced distances of their colours and of each layer, all places of all pictures together, in
// units of the layer's variance over the others; the mean over `scales` sizes, each half the one before.
// Gradients reach `made` alone.  Ulyanov et al. 2016, "Texture Networks", with this distance for Gram
// matrices.
torch::Tensor looks_between(const Perceptual& network, const std::vector<std::string>& layers, int scales,
                            const torch::Tensor& made, const torch::Tensor& others, Random draws);

}  // namespace reverie
