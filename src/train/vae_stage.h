// A stage of a variational autoencoder's training: the weights of its losses, and what they look at.
#pragma once

#include <string>
#include <vector>

#include "models/vae/vae.h"
#include "train/adversarial.h"
#include "train/recipe.h"

namespace reverie {

// What the stage's refining network learns, with the rest frozen: nothing; to reproduce pictures of the
// training; to bring what the decoder makes closer to its original.
enum class RefinerTask { kNone, kIdentity, kOriginal };

// How likely the decoder says that a sample of the picture is: normal about what it makes; or, of samples in
// 0..1, what it makes is the probability of 1.
enum class VaeLikelihood { kGaussian, kBernoulli };

class VaeStage : public StageSettings {
 public:
  std::string text() const override;
  bool has_against() const { return adversarial_weight > 0 || !discriminator_features.empty(); }

  AdversarialSettings against;
  double adversarial_weight = 0, discriminator_weight = 1;
  std::vector<std::string> discriminator_features;
  double reconstructions = 1, pixels = 1, kl = 1, free_bits = 0;
  int64_t kl_warm_up = 0;
  VaeLikelihood likelihood = VaeLikelihood::kGaussian;
  bool binarise = false;     // each step sees 1 in place of a sample as often as the sample says
  std::string rbm;           // the layer that alone learns, as a restricted Boltzmann machine (rbm.h)
  bool sample_codes = true;  // false: codes are their means, as in a plain autoencoder
  std::string perceptual;
  std::vector<std::string> features, styles, style_features, content_features;
  double feature_weight = 1, style_weight = 1, content_weight = 1, code_weight = 0, variation = 0, steady = 0;
  int style_scales = 2;
  RefinerTask refine = RefinerTask::kNone;
  double original_weight = 0.6, apart_weight = 4000;  // of 2017
};

// The layers of a network of dense layers that can be machines, from below: the encoder's, and the codes'.
std::vector<std::string> machine_layers(const VaeSettings& settings);

const VaeStage& vae_stage(const Stage& stage);

// The keys beside those of every stage, and how they are read.
std::vector<std::string> vae_stage_keys();
std::vector<Stage> read_vae_stage(const TomlReader& reader, const NetworkSettings& network,
                                  const InputSettings& input, const Stage& common);

}  // namespace reverie
