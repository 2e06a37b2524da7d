#include "models/phases.h"

#include <vector>

namespace reverie {
namespace {

// The tap of the transposed convolution that leads from the input sample `offset` places away to output phase
// `phase`, or -1 for none.
int tap(int phase, int offset, int kernel, int stride) {
  const int t = phase + (kernel - stride) / 2 - offset * stride;
  return t >= 0 && t < kernel ? t : -1;
}

}  // namespace

PhaseReach phase_reach(int kernel, int stride) {
  const int before = kernel - stride - (kernel - stride) / 2;  // output samples beyond the place's own
  const int after = (kernel - stride) / 2;
  return {(before + stride - 1) / stride, (after + stride - 1) / stride};
}

// A gather from the weight with a zero appended.
torch::Tensor phase_weight(const torch::Tensor& weight, int stride) {
  const auto kernel = static_cast<int>(weight.size(2));
  const PhaseReach reach = phase_reach(kernel, stride);
  const int m = reach.before + 1 + reach.after;
  const int64_t zero = static_cast<int64_t>(kernel) * kernel;
  std::vector<int64_t> place;
  for (int py = 0; py < stride; ++py) {
    for (int px = 0; px < stride; ++px) {
      for (int dy = -reach.before; dy <= reach.after; ++dy) {
        for (int dx = -reach.before; dx <= reach.after; ++dx) {
          const int ty = tap(py, dy, kernel, stride);
          const int tx = tap(px, dx, kernel, stride);
          place.push_back(ty < 0 || tx < 0 ? zero : static_cast<int64_t>(ty) * kernel + tx);
        }
      }
    }
  }
  const torch::Tensor index = torch::tensor(place, torch::kLong).to(weight.device());
  const int64_t upper = weight.size(0);
  const int64_t lower = weight.size(1);
  const torch::Tensor flat = torch::constant_pad_nd(weight.reshape({upper, lower, zero}), {0, 1});
  return flat.index_select(2, index)
      .view({upper, lower, static_cast<int64_t>(stride) * stride, m, m})
      .permute({1, 2, 0, 3, 4})
      .reshape({lower * stride * stride, upper, m, m});
}

torch::Tensor convolution_phases(const torch::Tensor& weight, int p) {
  std::vector<torch::Tensor> all;
  for (int y = 0; y < p; ++y) {
    for (int x = 0; x < p; ++x) all.push_back(torch::constant_pad_nd(weight, {x, p - 1 - x, y, p - 1 - y}));
  }
  return torch::stack(all, 1).flatten(0, 1);
}

}  // namespace reverie
