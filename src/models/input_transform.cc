#include "models/input_transform.h"

#include <fmt/format.h>

#include "core/error.h"

namespace reverie {

torch::Tensor apply(const InputTransform& transform, const torch::Tensor& pictures) {
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

torch::Tensor unapply(const InputTransform& transform, const torch::Tensor& seen) {
  torch::Tensor pictures = seen / transform.scale;
  return transform.subtract_mean ? pictures + transform.mean.to(seen.device()) : pictures;
}

}  // namespace reverie
