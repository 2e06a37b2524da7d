#include "models/vae/grid_codes.h"

namespace reverie {
namespace {

// [N, 4], each row of length 1, so that variance stays.
torch::Tensor rows_of(const torch::Tensor& phases) {
  torch::Tensor rows = torch::empty({phases.size(0), 4});
  for (int64_t n = 0; n < phases.size(0); ++n) {
    const std::array<double, 4> four = spline_weights(phases[n].item<double>());
    for (int64_t k = 0; k < 4; ++k) rows[n][k] = four.at(static_cast<size_t>(k));
  }
  return rows / rows.norm(2, 1, true);
}

}  // namespace

std::array<double, 4> spline_weights(double t) {
  const double u = 1 - t;
  return {u * u * u / 6, (3 * t * t * t - 6 * t * t + 4) / 6, (3 * u * u * u - 6 * u * u + 4) / 6,
          t * t * t / 6};
}

torch::Tensor smooth_codes(const torch::Tensor& noise, const torch::Tensor& phases) {
  const torch::Tensor down = rows_of(phases.select(1, 0).cpu()).to(noise.device());
  const torch::Tensor right = rows_of(phases.select(1, 1).cpu()).to(noise.device());
  const auto along = [](const torch::Tensor& x, const torch::Tensor& rows, int64_t dim) {
    torch::Tensor sum;
    for (int64_t k = 0; k < 4; ++k) {
      const torch::Tensor part = x.narrow(dim, k, x.size(dim) - 3) * rows.select(1, k).view({-1, 1, 1, 1});
      sum = k == 0 ? part : sum + part;
    }
    return sum;
  };
  return along(along(noise, down, 2), right, 3);
}

}  // namespace reverie
