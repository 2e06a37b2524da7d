#include "train/adversarial.h"

#include <fmt/format.h>

#include <algorithm>

namespace reverie {
namespace {

// One number per picture, whatever the scores' shape.
torch::Tensor per_picture(const torch::Tensor& losses) {
  return losses.flatten(1).mean(1);
}

}  // namespace

const std::vector<std::string>& adversarial_words() {
  static const std::vector<std::string> words = {"minimax", "non-saturating", "hinge", "least-squares"};
  return words;
}

torch::Tensor real_loss(const torch::Tensor& scores, AdversarialLoss loss, double smoothing) {
  switch (loss) {
    case AdversarialLoss::kHinge:
      return torch::relu(1 - scores);
    case AdversarialLoss::kLeastSquares:
      return (scores - (1 - smoothing)).square() / 2;
    case AdversarialLoss::kMinimax:
    case AdversarialLoss::kNonSaturating:
      break;
  }
  return torch::softplus(-scores) + smoothing * scores;  // of the targets 1 - smoothing and smoothing
}

torch::Tensor fake_loss(const torch::Tensor& scores, AdversarialLoss loss) {
  switch (loss) {
    case AdversarialLoss::kHinge:
      return torch::relu(1 + scores);
    case AdversarialLoss::kLeastSquares:
      return scores.square() / 2;
    case AdversarialLoss::kMinimax:
    case AdversarialLoss::kNonSaturating:
      break;
  }
  return torch::softplus(scores);
}

torch::Tensor generator_loss(const torch::Tensor& scores, AdversarialLoss loss) {
  switch (loss) {
    case AdversarialLoss::kMinimax:
      return -torch::softplus(scores);
    case AdversarialLoss::kNonSaturating:
      return torch::softplus(-scores);
    case AdversarialLoss::kHinge:
      return -scores;
    case AdversarialLoss::kLeastSquares:
      return (scores - 1).square() / 2;
  }
  return scores;
}

torch::Tensor squared_gradient(const torch::Tensor& scores, const torch::Tensor& x) {
  const torch::Tensor gradient = torch::autograd::grad({per_picture(scores).sum()}, {x}, {}, true, true)[0];
  return gradient.square().flatten(1).sum(1);
}

std::string AdversarialSettings::text() const {
  return fmt::format("adversarial = \"{}\"\nsmoothing = {}\nr1 = {}\n",
                     adversarial_words()[static_cast<size_t>(loss)], smoothing, r1);
}

const std::vector<std::string>& adversarial_keys() {
  static const std::vector<std::string> keys = {"adversarial", "smoothing", "r1"};
  return keys;
}

AdversarialSettings read_adversarial(const TomlReader& reader) {
  AdversarialSettings s;
  s.loss = reader.word("adversarial", adversarial_words(), std::optional(s.loss));
  s.smoothing = reader.number("smoothing", 0, 0.5, s.smoothing);
  s.r1 = reader.number("r1", 0, 1e6, s.r1);
  if (s.loss == AdversarialLoss::kHinge && s.smoothing > 0)
    reader.fail(*reader.find("smoothing"), "the hinge loss has no target to be smoothed");
  return s;
}

torch::Tensor joined(const torch::Tensor& x, const torch::Tensor& beside) {
  return beside.defined() ? torch::cat({x, beside}, 1) : x;
}

Losses discriminator_losses(DiscriminatorModel& discriminator, const torch::Tensor& x,
                            const std::vector<torch::Tensor>& made, const AdversarialSettings& settings,
                            const Sight& sight, const torch::Tensor& beside) {
  const VaeWeights weights = sight.learning ? discriminator.learned() : discriminator.constant();
  const auto count = static_cast<double>(sight.count);
  const bool steep = settings.r1 > 0 && sight.learning;
  const torch::Tensor real = steep ? x.detach().requires_grad_(true) : x;
  const torch::Tensor scores = discriminator.scores(joined(real, beside), weights);
  Losses losses;
  losses.parts.push_back(
      {"real", per_picture(real_loss(scores, settings.loss, settings.smoothing)).sum() / count});
  torch::Tensor fake;
  for (const torch::Tensor& one : made) {
    const torch::Tensor loss =
        per_picture(fake_loss(discriminator.scores(joined(one.detach(), beside), weights), settings.loss))
            .sum() /
        count;
    fake = fake.defined() ? fake + loss : loss;
  }
  losses.parts.push_back({"fake", fake / static_cast<double>(made.size())});
  losses.total = losses.parts[0].value + losses.parts[1].value;
  losses.parts.push_back({"r1", {}});
  if (steep) {
    losses.parts[2].value = squared_gradient(scores, real).sum() / count;
    losses.total = losses.total + 0.5 * settings.r1 * losses.parts[2].value;
  }
  return losses;
}

void move_average(Parameters& average, const Parameters& learned, double stays, int64_t iteration) {
  torch::NoGradGuard no_grad;
  const auto t = static_cast<double>(iteration);
  const double by = 1 - std::min(stays, (1 + t) / (10 + t));
  average.flat().lerp_(learned.flat(), by);
  average.buffers().lerp_(learned.buffers(), by);
}

}  // namespace reverie
