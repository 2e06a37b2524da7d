#include "models/input_transform.h"

#include <fmt/format.h>

#include "core/error.h"

namespace reverie {

namespace {

bool alike(const InputTransform& t) {
  return t.channel_scale == std::array<double, 3>{1, 1, 1};
}

// [3, 1, 1]
torch::Tensor channel_scale(const InputTransform& t, const torch::Tensor& like) {
  const auto& s = t.channel_scale;
  return torch::tensor({s[0], s[1], s[2]}, like.options()).view({3, 1, 1});
}

}  // namespace

torch::Tensor luma(const torch::Tensor& pictures) {
  const torch::Tensor shares = torch::tensor({0.2126F, 0.7152F, 0.0722F}, pictures.options());
  return (pictures * shares.view({3, 1, 1})).sum(-3, true);
}

torch::Tensor apply(const InputTransform& transform, const torch::Tensor& pictures) {
  if (transform.grey) {
    InputTransform coloured = transform;
    coloured.grey = false;
    return luma(apply(coloured, pictures));
  }
  if (!alike(transform) || transform.bgr) {
    InputTransform plain = transform;
    plain.channel_scale = {1, 1, 1};
    plain.bgr = false;
    torch::Tensor seen = apply(plain, pictures);
    if (!alike(transform)) seen = seen * channel_scale(transform, seen);
    if (transform.bgr) seen = seen.flip(-3);
    return seen;
  }
  if (!transform.subtract_mean) return pictures * transform.scale;
  const torch::Tensor& mean = transform.mean;
  const bool any_size = mean.defined() && mean.size(1) == 1 && mean.size(2) == 1;
  if (!mean.defined() ||
      (!any_size && (mean.size(1) != pictures.size(-2) || mean.size(2) != pictures.size(-1)))) {
    throw Error("use", "the mean picture",
                mean.defined() ? fmt::format("it is {}x{}, the pictures are {}x{}", mean.size(2),
                                             mean.size(1), pictures.size(-1), pictures.size(-2))
                               : "the model has none");
  }
  const torch::Tensor seen = (pictures - mean.to(pictures.device())) * transform.scale;
  return seen.dim() == 4 ? seen.contiguous(torch::MemoryFormat::ChannelsLast) : seen;
}

torch::Tensor unapply(const InputTransform& transform, const torch::Tensor& own) {
  const torch::Tensor seen = transform.grey ? own.repeat_interleave(3, -3) : own;
  torch::Tensor pictures = transform.bgr ? seen.flip(-3) : seen;
  if (!alike(transform)) pictures = pictures / channel_scale(transform, pictures);
  pictures = pictures / transform.scale;
  return transform.subtract_mean ? pictures + transform.mean.to(seen.device()) : pictures;
}

}  // namespace reverie
