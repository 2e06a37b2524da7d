// Variational autoencoders: an encoder that gives every picture codes with a mean and a deviation, and a
// decoder from codes to pictures.
//
// Kingma and Welling 2014, "Auto-Encoding Variational Bayes".  Batch normalisation as in classifier.h.  A
// grid of codes whose mean and deviation over the picture are exchanged: Huang and Belongie 2017, "Arbitrary
// Style Transfer in Real-time with Adaptive Instance Normalization".
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "models/family.h"
#include "models/vae/pass.h"

namespace reverie {

// Codes of pictures: [N, C, h, w], or [N, C] of one code vector each.
struct Codes {
  torch::Tensor mean, log_sigma;
};

// What a decoder makes of codes: [N, C, H, W] each, in the scale of what the network sees; C is 3,
// or 1 of grey pictures.
struct DecodedCodes {
  torch::Tensor mean, log_variance;  // the second undefined where the settings have no variance
};

// Its layers are encode1.., mean, decode0.. (what codes become first) and the last of these, the picture. Its
// file holds the parameters and buffers by name (label.mean, label.deviation [L, C] and label.seen [L] among
// them: what the training saw of each label's codes) and metadata family, encoder, decoder, codes, spatial,
// activation, norm, padding, output, tied, variance, grey, refiner, finer, conditional, labels, size, scale,
// mean.
//
// Without an encoder it is a generator of the family gan: no layer of it sees pictures, encode() is an Error,
// and its codes are normal numbers.  With finer scales it is one of the family lapgan: decode0.. make the
// coarsest picture and finerN.layer1.. what the N-th scale above adds to it (scales.h).  Its code vector has
// the numbers of all scales behind one another, the coarsest first: `codes` of them, then one for each pixel
// of each finer scale.
//
// What decodes may be conditional: told a label beside the codes (Kingma, Mohamed, Rezende and Welling 2014,
// "Semi-supervised Learning with Deep Generative Models"; an encoder is not told, its picture says it).  Then
// a code vector ends in one number for each label, of which the largest says the label.
class VaeModel : public Model {
 public:
  // Weights are zero until initialise().
  VaeModel(VaeSettings settings, std::vector<std::string> labels, InputTransform input,
           torch::Device device = torch::kCPU);

  const std::string& family() const override;
  Parameters& parameters() override { return parameters_; }
  const Parameters& parameters() const override { return parameters_; }
  std::vector<LayerInfo> layers(int64_t height, int64_t width) const override;
  std::vector<torch::Tensor> forward(const torch::Tensor& x, const std::vector<std::string>& wanted,
                                     const PassOptions& options) const override;
  using Model::forward;
  TensorFile tensors() const override;
  const std::vector<std::string>& labels() const override { return labels_; }

  const VaeSettings& settings() const { return settings_; }
  int64_t codes() const;  // numbers of a code, of all scales
  // Pixels from one code to the next; 0: one code vector.
  int shrink() const { return settings_.spatial ? layers_.shrink : 0; }

  // Normal, of deviation sqrt(1 / fan in) (Glorot's for layers as wide below as above).
  void initialise(uint64_t seed);

  VaeWeights constant() const;  // as a trained network is used
  VaeWeights packed() const;  // constant() with less to do for every picture: copies, normalisation folded in
  VaeWeights learned();       // gradients reach the parameters

  // x: [N, C, H, W], what apply(input, pictures) gives, of any size where codes are spatial (its border is
  // repeated up to whole codes), else of the settings' size.
  Codes encode(const torch::Tensor& x, const VaeWeights& weights) const;
  // codes: [N, codes()], or a grid; of a conditional model also what encode() gives, without a label: then
  // all labels have an equal share.  [N, C, height, width] in the scale of x; unapply(input, ...) makes a
  // picture of it.
  torch::Tensor decode(const torch::Tensor& codes, int64_t height, int64_t width,
                       const VaeWeights& weights) const;

  size_t scales() const { return 1 + layers_.finer.size(); }
  int64_t scale_codes(size_t scale) const;  // numbers of one scale alone
  // The picture of one scale, 0 the coarsest, where `below` is that of the coarser one (undefined at 0).
  // codes: [N, scale_codes(scale)], of a grid as decode() takes them; classes: [N, K] weights where it is
  // conditional.
  torch::Tensor decode_scale(size_t scale, const torch::Tensor& below, const torch::Tensor& codes,
                             const torch::Tensor& classes, const VaeWeights& weights) const;
  // Codes of a conditional model, as decode() takes them, moved to these weights of its labels, [N or 1, K].
  torch::Tensor with_classes(const torch::Tensor& codes, const torch::Tensor& weights) const;
  // Codes [N, C] with these labels, [N] int64 (-1: none), where the model is conditional.
  torch::Tensor with_labels(const torch::Tensor& codes, const torch::Tensor& labels) const;

  // The same, with the variance of each sample.
  DecodedCodes decode_whole(const torch::Tensor& codes, int64_t height, int64_t width,
                            const VaeWeights& weights) const;
  // y: what decode() gave.  With what its refining network adds; y itself where it has none.
  torch::Tensor refine(const torch::Tensor& y, const VaeWeights& weights) const;

  // What encode(), decode() and refine() of one picture of that size hold at once, without gradients: about
  // so many bytes.
  double pass_bytes(int64_t height, int64_t width) const;

  // What the training saw of a label, [1, C, 1, 1] or [1, C].  Error with the nearest name for a label that
  // the model does not have, or of which it saw nothing.
  CodeStatistics label_statistics(const std::string& label) const;

 private:
  // The first `layers` of the encoder alone, or all of it with its codes; `all`: takes what every layer
  // makes.
  Codes encode(const torch::Tensor& x, const VaeWeights& weights, size_t layers,
               std::vector<torch::Tensor>* all) const;
  // of a generator by scales the coarsest one
  DecodedCodes decode(const torch::Tensor& codes, int64_t height, int64_t width, const VaeWeights& weights,
                      std::vector<torch::Tensor>* all) const;
  torch::Tensor decode_scales(const torch::Tensor& codes, const VaeWeights& weights) const;
  torch::Tensor without_classes(const torch::Tensor& codes) const;
  // what decode0 is given: codes, and the weights of the labels
  torch::Tensor given(const torch::Tensor& codes) const;

  VaeSettings settings_;
  std::vector<std::string> labels_;
  VaeLayers layers_;
  Parameters parameters_;
};

// Error names the family of another model.
const VaeModel& as_vae(const Model& model, std::string_view doing);

// The recipe's table.
VaeSettings vae_settings(const NetworkSettings& settings);

// What a network of these settings learns.
Layout vae_layout(const VaeSettings& settings);

// How a file's metadata say the settings.
std::map<std::string, std::string> vae_metadata(const VaeSettings& settings);

// What both families' files hold.
std::unique_ptr<Model> read_vae(const TensorFile& file);

Family vae_family();
Family gan_family();
Family lapgan_family();

}  // namespace reverie
