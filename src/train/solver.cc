#include "train/solver.h"

namespace reverie {
namespace {

constexpr double kSecondMoment = 0.999;
constexpr double kEpsilon = 1e-8;

}  // namespace

Solver::Solver(const Stage& stage, const Parameters& parameters, const std::string& prefix,
               const std::vector<std::string>& frozen)
    : stage_(stage) {
  const torch::Tensor& flat = parameters.flat();
  const auto options = flat.options().requires_grad(false);
  multiplier_ = torch::ones({flat.size(0)}, options);
  decay_ = torch::zeros({flat.size(0)}, options);
  for (const ParameterSlice& slice : parameters.slices()) {
    const std::string name = prefix + slice.name;
    double factor = 1;
    for (const std::string& part : frozen) {
      if (is_within(part, name)) factor = 0;
    }
    for (const auto& [part, multiplier] : stage.rate_multipliers) {
      if (is_within(part, name)) factor *= multiplier;
    }
    multiplier_.narrow(0, slice.begin, slice.count).fill_(factor);
    if (!slice.is_bias) decay_.narrow(0, slice.begin, slice.count).fill_(stage.weight_decay);
  }
  plain_ = multiplier_.eq(1).all().item<bool>();
  const int states = stage.solver == SolverKind::kAdam ? 2 : 1;
  for (int i = 0; i < states; ++i) state_.push_back(torch::zeros({flat.size(0)}, options));
}

void Solver::step(torch::Tensor& flat, const torch::Tensor& gradient, int64_t iteration) {
  torch::NoGradGuard no_grad;
  torch::Tensor g = stage_.weight_decay > 0 ? gradient + decay_ * flat : gradient;
  const double rate = rate_at(stage_, iteration);
  const auto scaled = [this](const torch::Tensor& t) { return plain_ ? t : t * multiplier_; };
  if (stage_.solver == SolverKind::kSgd) {
    const torch::Tensor moved = scaled(g);
    state_[0].mul_(stage_.momentum).add_(moved, rate);
    if (stage_.nesterov) {
      flat.sub_(state_[0], stage_.momentum).sub_(moved, rate);
    } else {
      flat.sub_(state_[0]);
    }
  } else if (stage_.solver == SolverKind::kAdagrad) {
    state_[0].addcmul_(g, g);
    flat.addcdiv_(scaled(g), state_[0].sqrt().add_(kEpsilon), -rate);
  } else {
    const auto t = static_cast<double>(iteration + 1);
    state_[0].mul_(stage_.momentum).add_(g, 1 - stage_.momentum);
    state_[1].mul_(kSecondMoment).addcmul_(g, g, 1 - kSecondMoment);
    const double first = stage_.momentum > 0 ? 1 - std::pow(stage_.momentum, t) : 1;
    const double second = 1 - std::pow(kSecondMoment, t);
    flat.addcdiv_(scaled(state_[0]), (state_[1] / second).sqrt_().add_(kEpsilon), -rate / first);
  }
}

}  // namespace reverie
