// What lists of layers (layers.h) learn, and one way through them: of encoders, decoders and discriminators.
#pragma once

#include <cstdint>
#include <map>
#include <string>

#include "models/model.h"
#include "models/normalised.h"
#include "models/vae/layers.h"

namespace reverie {

inline constexpr int kStyleHidden = 32;      // numbers between a style's statistics and the layers' gains
inline constexpr double kVaeEpsilon = 1e-6;  // of batch normalisation
inline constexpr double kLeastVaeDeviation = 0.05;  // so that a flat picture's noise is not made large
inline constexpr double kVaeLeak = 0.2;             // of leaky ReLU, below 0 (Radford et al. 2016)

// What stands for a style: every code's mean and deviation over a picture, or over all pictures of a label.
struct CodeStatistics {
  torch::Tensor mean, deviation;  // [N, C, 1, 1]; of vectors [N, C]
};

// Of each picture's own codes, [N, C, h, w]; of vectors over the N pictures, [1, C].
CodeStatistics statistics_of(const torch::Tensor& codes);

// The codes with the statistics `to` in place of their own ones.
torch::Tensor moved_to(const torch::Tensor& codes, const CodeStatistics& own, const CodeStatistics& to);

// A network's weights as a pass uses them.
struct VaeWeights {
  std::map<std::string, torch::Tensor> learned, buffers;
  std::map<std::string, torch::Tensor>
      phases;             // of transposed convolutions (phases.h), where they are made once
  bool learning = false;  // batch normalisation takes the batch's statistics and keeps a running mean of them
  bool folded = false;    // batch normalisation is part of the weights

  const torch::Tensor& at(const std::string& name) const;
  torch::Tensor phases_of(const VaeLayer& layer) const;  // of a transposed convolution
  void pack(const VaeLayer& layer);
};

// For a network that another one learns from: normalised by the batch as in learning, but nothing is kept.
VaeWeights looking(VaeWeights weights);

// A layer's parameters and buffers; of one that is all to all, at every place.
void add_vae_layer(const VaeLayer& layer, VaeNorm norm, Layouts& to);
// tied: its weights are another layer's, turned round.
void add_vae_dense(const std::string& name, int lower, int upper, VaeNorm norm, Layouts& to,
                   bool tied = false);

// What a layer makes of the output below it. whole: receptive field of what sees the whole picture.
LayerInfo layer_above(LayerInfo below, const VaeLayer& layer, int64_t whole);

class VaePass {
 public:
  VaePass(const VaeSettings& settings, const VaeWeights& weights, VaeNorm norm)
      : s_(settings), w_(weights), norm_(norm) {}

  // What the style's statistics say to each layer: [N, kStyleHidden].
  void take_style(const torch::Tensor& codes);

  // last: its output has the settings' `output` for its activation.
  torch::Tensor run(const VaeLayer& layer, const torch::Tensor& x, bool last) const;
  // All to all at every place; with the weights of the layer `tied`, turned round, where it names one.
  torch::Tensor dense(const std::string& name, const torch::Tensor& x, const std::string& tied = "") const;
  // What the decoder's numbers are as a picture: `output` of the settings.
  torch::Tensor output(const torch::Tensor& x) const;
  torch::Tensor finish(const std::string& name, const torch::Tensor& x, VaeNorm norm,
                       VaeActivation activation) const;

 private:
  torch::Tensor convolution(const std::string& name, const torch::Tensor& x, int64_t kernel,
                            int64_t stride) const;
  torch::Tensor transposed(const VaeLayer& layer, const torch::Tensor& x) const;
  torch::Tensor normalised(const std::string& name, const torch::Tensor& x, VaeNorm norm) const;

  const VaeSettings& s_;
  const VaeWeights& w_;
  VaeNorm norm_;
  torch::Tensor style_;
};

}  // namespace reverie
