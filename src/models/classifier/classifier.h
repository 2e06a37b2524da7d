// Classifiers: convolutional networks that say which label a picture has.
//
// Residual sums: He et al. 2016, "Deep Residual Learning for Image Recognition".  Batch normalisation: Ioffe
// and Szegedy 2015.
#pragma once

#include <cstdint>

#include "models/classifier/layers.h"
#include "models/dropout.h"
#include "models/family.h"

namespace reverie {

// Its layers are those of the list, under names such as conv1, residual1, max2, and scores.  Its file holds
// the parameters and the statistics of batch normalisation by name, mean, and metadata family, layers (the
// list, joined by ", "), labels (joined by line feeds), side (of the pictures it was trained on), scale,
// mean.
class ClassifierModel : public Model {
 public:
  // Weights are zero until initialise().
  ClassifierModel(std::vector<std::string> words, std::vector<std::string> labels, InputTransform input,
                  torch::Device device = torch::kCPU);

  const std::string& family() const override;
  Parameters& parameters() override { return parameters_; }
  const Parameters& parameters() const override { return parameters_; }
  std::vector<LayerInfo> layers(int64_t height, int64_t width) const override;
  std::vector<torch::Tensor> forward(const torch::Tensor& x, const std::vector<std::string>& wanted,
                                     const PassOptions& options) const override;
  using Model::forward;
  TensorFile tensors() const override;

  // Normal, of deviation sqrt(2 / fan in) (He et al. 2015); the scores' sqrt(1 / fan in).
  void initialise(uint64_t seed);
  // x [N, 3, H, W] -> the labels' scores [N, L], before the softmax; gradients reach the parameters.  In
  // learning the normalisation takes the batch's statistics and keeps a running mean of them.
  torch::Tensor learn(const torch::Tensor& x, const DropoutPlace& dropout);
  // The same as the network is used.
  torch::Tensor scores(const torch::Tensor& x) const;

  std::string scores_layer() const override { return "scores"; }
  const std::vector<std::string>& labels() const override { return labels_; }
  int64_t trained_side() const override { return side; }
  int side = 32;  // of the pictures that it was trained on

 private:
  class Pass;
  std::vector<std::string> words_, labels_;
  std::vector<ClassifierLayer> layers_;
  Parameters parameters_;
};

// Error names the family of another model.
const ClassifierModel& as_classifier(const Model& model, std::string_view doing);

Family classifier_family();

}  // namespace reverie
