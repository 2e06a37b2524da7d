// Discriminators: networks that tell pictures of the training from those that a generator made.
//
// Goodfellow et al. 2014, "Generative Adversarial Networks"; strided convolutions, leaky ReLU and batch
// normalisation of all layers but the first: Radford, Metz and Chintala 2016; weights divided by their
// largest singular value: Miyato et al. 2018, "Spectral Normalization for Generative Adversarial Networks".
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "models/family.h"
#include "models/vae/pass.h"

namespace reverie {

struct DiscriminatorSettings {
  std::vector<std::string> layers = {};  // as of a VAE's encoder
  VaeActivation activation = VaeActivation::kLeaky;
  VaeNorm norm = VaeNorm::kNone;  // or kBatch
  bool spectral = false;
  bool patches = false;  // a score for every place of the last layer, not one for the picture
  // Of discriminators by scales, one for each above the coarsest: "conv 32 5 2, conv 64 5 2".
  std::vector<std::string> finer = {};
  int planes = 0;               // that they see beside the picture: one for each class
  int turns = 1;                // of a step of the training, each on codes of its own
  int width = 64, height = 64;  // of pictures; its score's weights depend on them unless there are patches
};

// One step of power iteration on a matrix [a, b] from u [a], which it moves; the largest singular value, with
// the gradient u v^T to the matrix.
torch::Tensor spectral_norm(const torch::Tensor& matrix, torch::Tensor u, bool move);

// Its layers are layer1.., score (before any sigmoid: above 0, a picture of the training). Its file holds the
// parameters and buffers by name (NAME.spectral: where power iteration stands) and metadata family, layers,
// activation, norm, spectral, patches, size, scale, mean.
class DiscriminatorModel : public Model {
 public:
  // Weights are zero until initialise().
  DiscriminatorModel(DiscriminatorSettings settings, InputTransform input,
                     torch::Device device = torch::kCPU);

  const std::string& family() const override;
  Parameters& parameters() override { return parameters_; }
  const Parameters& parameters() const override { return parameters_; }
  std::vector<LayerInfo> layers(int64_t height, int64_t width) const override;
  std::vector<torch::Tensor> forward(const torch::Tensor& x, const std::vector<std::string>& wanted,
                                     const PassOptions& options) const override;
  using Model::forward;
  TensorFile tensors() const override;

  const DiscriminatorSettings& settings() const { return settings_; }

  // As of a VaeModel.
  void initialise(uint64_t seed);

  VaeWeights constant() const;  // as a trained network is used
  VaeWeights learned();         // gradients reach the parameters; a step of power iteration for each weight

  // x: what apply(input, pictures) gives, with the settings' planes behind it.  [N, 1], with patches [N, 1,
  // h, w]; `all`: takes what every layer makes.
  torch::Tensor scores(const torch::Tensor& x, const VaeWeights& weights,
                       std::vector<torch::Tensor>* all = nullptr) const;

 private:
  VaeWeights weights(const std::vector<torch::Tensor>& cut, bool move) const;
  torch::Tensor run(const torch::Tensor& x, const VaeWeights& weights, size_t layers,
                    std::vector<torch::Tensor>* all) const;

  DiscriminatorSettings settings_;
  VaeSettings pass_;
  VaeLayers layers_;
  Parameters parameters_;
};

// Of that scale alone, 0 the coarsest: its layers, and none of others.
DiscriminatorSettings at_scale(DiscriminatorSettings settings, size_t scale);

// The recipe's table.
DiscriminatorSettings discriminator_settings(const NetworkSettings& settings);

Family discriminator_family();

}  // namespace reverie
