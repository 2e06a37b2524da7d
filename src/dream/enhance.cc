#include "dream/enhance.h"

#include <torch/optim/lbfgs.h>

#include "core/stop.h"

namespace reverie {
namespace {

constexpr int kHistory = 20;     // pairs that L-BFGS remembers
constexpr int kStepsAtOnce = 5;  // between looks at the picture

// What is natural about a picture in -1/2..1/2, the less the better.
torch::Tensor roughness(const torch::Tensor& x, const EnhanceSettings& s) {
  const torch::Tensor dx = x.slice(3, 1) - x.slice(3, 0, -1);
  const torch::Tensor dy = x.slice(2, 1) - x.slice(2, 0, -1);
  return s.bound * (2 * x).pow(6).mean() + s.smooth * (dx.square().mean() + dy.square().mean());
}

}  // namespace

torch::Tensor enhance(Objective& objective, const torch::Tensor& picture, const EnhanceSettings& settings,
                      const OnDreamStep& on_step) {
  objective.begin(picture);
  std::vector<torch::Tensor> wanted;
  {
    torch::NoGradGuard no_grad;
    for (const torch::Tensor& f : objective.activations(picture)) wanted.push_back(f * settings.factor);
  }
  const auto picture_of = [](const torch::Tensor& x) { return (x.detach() * 255 + 127.5).clamp(0, 255); };
  torch::Tensor x = ((picture - 127.5) / 255).detach().clone().requires_grad_(true);
  torch::optim::LBFGS solver({x}, torch::optim::LBFGSOptions(1)
                                      .max_iter(kStepsAtOnce)
                                      .history_size(kHistory)
                                      .line_search_fn("strong_wolfe"));
  DreamStep at;
  at.height = picture.size(2);
  at.width = picture.size(3);
  at.steps = settings.steps;
  while (at.step < settings.steps) {
    if (stop_requested()) throw Stopped();
    const torch::Tensor loss = solver.step([&] {
      solver.zero_grad();
      torch::Tensor sum = roughness(x, settings);
      const std::vector<torch::Tensor> found = objective.activations(x * 255 + 127.5);
      for (size_t i = 0; i < found.size(); ++i)
        sum = sum + (found[i] - wanted[i]).square().sum() / (wanted[i].square().sum() + 1e-10);
      sum.backward();
      return sum;
    });
    at.step = std::min(settings.steps, at.step + kStepsAtOnce);
    at.value = loss.item<double>();
    if (on_step) on_step(at, picture_of(x));
  }
  return picture_of(x);
}

}  // namespace reverie
