#include "models/video/flow_input.h"

#include <ATen/Parallel.h>

#include <algorithm>

#include "motion/flow.h"

namespace reverie {
namespace {

constexpr double kReferenceSide = 224;

// [3, H, W], 0..255 and contiguous.
Planes grey_of(const torch::Tensor& picture) {
  const torch::Tensor grey = picture.mean(0).div(255).contiguous();
  Planes planes(1, static_cast<int>(grey.size(0)), static_cast<int>(grey.size(1)));
  std::copy_n(grey.data_ptr<float>(), grey.numel(), planes.data().begin());
  return planes;
}

void write_flow(const torch::Tensor& clip, float* out, double largest) {
  Planes last = grey_of(clip[0]);
  for (int64_t t = 1; t < clip.size(0); ++t) {
    Planes next = grey_of(clip[t]);
    const Flow flow = find_flow(last, next, FlowMethod::kDisFast);
    const size_t n = flow.plane_size();
    for (int c = 0; c < 2; ++c) {
      const float* from = flow.plane(c);
      double sum = 0;
      for (size_t i = 0; i < n; ++i) sum += from[i];
      const double mean = sum / static_cast<double>(n);
      for (size_t i = 0; i < n; ++i)
        *out++ = static_cast<float>(std::clamp((from[i] - mean) / largest, -1.0, 1.0));
    }
    last = std::move(next);
  }
}

}  // namespace

torch::Tensor flow_input(const torch::Tensor& pictures) {
  const torch::Tensor all = pictures.to(torch::kCPU).contiguous();
  const int64_t frames = all.size(1) - 1;
  torch::Tensor flow = torch::empty({all.size(0), frames, 2, all.size(3), all.size(4)});
  const double largest =
      kLargestDisplacement * static_cast<double>(std::min(all.size(3), all.size(4))) / kReferenceSide;
  at::parallel_for(0, all.size(0), 1, [&](int64_t begin, int64_t end) {
    const torch::NoGradGuard no_grad;
    for (int64_t i = begin; i < end; ++i) write_flow(all[i], flow[i].data_ptr<float>(), largest);
  });
  return flow.to(pictures.device());
}

}  // namespace reverie
