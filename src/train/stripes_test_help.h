// What conditional models make of the labels of striped_set().
#pragma once

#include <utility>

#include "models/vae/vae.h"
#include "train/gan_task.h"

namespace reverie {

// How much of the variance of 64 samples, told this label, stripes with a period of 4 pixels have: along, and
// across.
inline std::pair<double, double> stripes_made(const Model& any, int64_t label, int side) {
  const torch::NoGradGuard no_grad;
  const VaeModel& model = as_vae(any, "test");
  const torch::Tensor codes =
      model.with_labels(sample_codes(model, 64, side, side, 1), torch::full({64}, label, torch::kLong));
  const torch::Tensor pictures = pictures_of_codes(model, codes, side, side);
  const torch::Tensor grey = pictures.mean(1) - pictures.mean(at::IntArrayRef({1, 2, 3})).view({-1, 1, 1});
  const torch::Tensor power = torch::fft_fft2(grey).abs().square();
  const torch::Tensor all = power.sum(at::IntArrayRef({1, 2}));
  const auto share = [&](int64_t y, int64_t x) {
    return (2 * power.select(1, y).select(1, x) / all).mean().item<double>();
  };
  return {share(side / 4, 0), share(0, side / 4)};
}

}  // namespace reverie
