// A generator and its discriminator against each other: what each of them makes small.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "models/discriminator/discriminator.h"
#include "train/task.h"

namespace reverie {

// Scores are those before the sigmoid s; r of a picture of the training, f of one that was made.
//   minimax         the generator makes log(1 - s(f)) small (Goodfellow et al. 2014, equation 1)
//   non-saturating  -log s(f), which still learns where the discriminator is sure (there, section 3)
//   hinge           -f, against max(0, 1 - r) + max(0, 1 + f) (Lim and Ye 2017, Miyato et al. 2018)
//   least-squares   (f - 1)^2 / 2, against ((r - 1)^2 + f^2) / 2 (Mao et al. 2017)
// Against the first two the discriminator makes -log s(r) - log(1 - s(f)) small.
enum class AdversarialLoss { kMinimax, kNonSaturating, kHinge, kLeastSquares };

const std::vector<std::string>& adversarial_words();

// Each of any shape, for every score by itself.  smoothing: the target of pictures of the training is 1 -
// smoothing, and that of others stays 0 (Salimans et al. 2016); the hinge loss has none.
torch::Tensor real_loss(const torch::Tensor& scores, AdversarialLoss loss, double smoothing);
torch::Tensor fake_loss(const torch::Tensor& scores, AdversarialLoss loss);
torch::Tensor generator_loss(const torch::Tensor& scores, AdversarialLoss loss);

// |d score / d x|^2 for each picture x, [N], with its gradient to the discriminator's weights (R1: Mescheder,
// Geiger and Nowozin 2018, "Which Training Methods for GANs do actually Converge?").
torch::Tensor squared_gradient(const torch::Tensor& scores, const torch::Tensor& x);

// The keys of a stage that trains against a discriminator.
struct AdversarialSettings {
  AdversarialLoss loss = AdversarialLoss::kNonSaturating;
  double smoothing = 0;
  double r1 = 0;  // half of it times squared_gradient() is added to the discriminator's loss

  std::string text() const;
};
const std::vector<std::string>& adversarial_keys();
AdversarialSettings read_adversarial(const TomlReader& reader);

// What the discriminator makes small, given pictures x of the training and others that were made, all in the
// scale of its input.  beside: the planes that it sees with each, [N, K, H, W], where it sees any.
Losses discriminator_losses(DiscriminatorModel& discriminator, const torch::Tensor& x,
                            const std::vector<torch::Tensor>& made, const AdversarialSettings& settings,
                            const Sight& sight, const torch::Tensor& beside = {});

// Along the channels, where there is anything beside it.
torch::Tensor joined(const torch::Tensor& x, const torch::Tensor& beside);

// Moves an average toward what is learned: by 1 - stays, and by more at the beginning of the run,
// so that its first weights are soon forgotten.  Buffers likewise.
void move_average(Parameters& average, const Parameters& learned, double stays, int64_t iteration);

}  // namespace reverie
