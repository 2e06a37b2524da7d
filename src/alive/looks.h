// How much one picture looks like others: distances between what a network sees in them.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "core/planes.h"
#include "core/random.h"
#include "train/perceptual.h"

namespace reverie {

struct LooksSettings {
  std::string network;  // its file
  std::string layers = "auto";
  int style_size = 192, scales = 2, projections = 32;
  double raw = 1;
};

// Layers of a network by commas; auto: up to five, evenly chosen from the lowest on.
std::vector<std::string> chosen_layers(const std::string& network, const std::string& words);

// Sliced optimal transport between the features of a picture and of a style, at several scales: in each of
// many random directions the sorted features of the one are compared with those of the other (Heitz et al.
// 2021, "A Sliced Wasserstein Loss for Neural Texture Synthesis").  Each layer counts in units of its own
// spread over the style, so that 1 is about what a flat picture has.
class Looks {
 public:
  // style: pictures [3, H, W] in 0..1 of any sizes.  Error for a network or layers that cannot be read.
  Looks(const LooksSettings& settings, const std::vector<Planes>& style, torch::Device device = torch::kCPU);

  // pictures: [N, 3, H, W] in 0..1; one number, with gradients to them.  draws: the directions.
  torch::Tensor distance(const torch::Tensor& pictures, const Random& draws) const;

 private:
  struct Bank {
    torch::Tensor features;  // [C, M]
    double spread = 1;       // mean variance of the channels
  };
  // Of each layer: [N, C, P]; the picture itself first.
  std::vector<torch::Tensor> seen(const torch::Tensor& pictures) const;

  LooksSettings settings_;
  std::unique_ptr<Perceptual> network_;
  std::vector<std::string> layers_;
  std::vector<std::vector<Bank>> banks_;  // by scale and layer
};

}  // namespace reverie
