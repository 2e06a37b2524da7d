#include "dream/lucid.h"

#include <ATen/CPUGeneratorImpl.h>
#include <torch/optim/adam.h>

#include <cmath>

#include "core/stop.h"
#include "dream/transformed.h"

namespace reverie {
namespace {

constexpr double kDeviation = 0.01;  // of the spectrum at the start
constexpr double kLeak = 0.1;

// Lucid's square root of the correlation of ImageNet's colours, over its largest column norm.
torch::Tensor colour_correlation() {
  const torch::Tensor root =
      torch::tensor({0.26F, 0.09F, 0.02F, 0.27F, 0.00F, -0.05F, 0.27F, -0.09F, 0.03F}).view({3, 3});
  return root / root.norm(2, 0).max();
}

// 1 / frequency, [h, w / 2 + 1].
torch::Tensor frequency_scale(int64_t height, int64_t width) {
  const torch::Tensor fy = torch::fft_fftfreq(height).view({-1, 1});
  const torch::Tensor fx = torch::fft_rfftfreq(width);
  const torch::Tensor f = (fy.square() + fx.square()).sqrt();
  const double least = 1.0 / static_cast<double>(std::max(height, width));
  return std::sqrt(static_cast<double>(height * width)) / f.clamp_min(least);
}

}  // namespace

torch::Tensor fourier_picture(const torch::Tensor& spectrum, int64_t height, int64_t width) {
  const torch::Tensor scaled = torch::view_as_complex(spectrum.contiguous()) * frequency_scale(height, width);
  const torch::Tensor plain = torch::fft_irfft2(scaled, at::IntArrayRef{height, width}) / 4;
  const torch::Tensor coloured = torch::einsum("nchw,dc->ndhw", {plain, colour_correlation()});
  return torch::sigmoid(coloured) * 255;
}

torch::Tensor lucid(Objective& objective, const LucidSettings& settings, Random draw,
                    const OnDreamStep& on_step) {
  const at::Generator numbers = at::detail::createCPUGenerator(draw.split(0).bits());
  torch::Tensor spectrum =
      torch::randn({settings.batch, 3, settings.height, settings.width / 2 + 1, 2}, numbers) * kDeviation;
  spectrum.requires_grad_(true);
  torch::optim::Adam adam({spectrum}, torch::optim::AdamOptions(settings.rate));
  DreamStep at;
  at.height = settings.height;
  at.width = settings.width;
  at.steps = settings.steps;
  objective.begin(fourier_picture(spectrum.detach(), settings.height, settings.width).slice(0, 0, 1));
  for (int i = 0; i < settings.steps; ++i) {
    if (stop_requested()) throw Stopped();
    Random step = draw.split(static_cast<uint64_t>(i) + 1);
    adam.zero_grad();
    const torch::Tensor picture = fourier_picture(spectrum, settings.height, settings.width);
    PassOptions pass;
    pass.leak = i < settings.leak_steps ? kLeak : 0;
    const torch::Tensor value = objective.value(transformed(picture, step), settings.position, pass);
    (-value).backward();
    adam.step();
    at.step = i + 1;
    at.value = value.item<double>();
    if (on_step) on_step(at, picture.detach());
  }
  torch::NoGradGuard no_grad;
  return fourier_picture(spectrum, settings.height, settings.width);
}

}  // namespace reverie
