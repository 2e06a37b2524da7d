#include "models/dropout.h"

#include <ATen/CPUGeneratorImpl.h>

#include "core/random.h"

namespace reverie {

// A draw for every picture of the whole batch, of which these take theirs.
torch::Tensor drop(const torch::Tensor& x, double share, const DropoutPlace& place, uint64_t layer,
                   int64_t rows) {
  std::vector<int64_t> shape = x.sizes().vec();
  shape[0] = place.count * rows;
  const torch::Tensor all =
      torch::rand(shape, at::detail::createCPUGenerator(Random(place.seed).split(layer).bits()));
  const torch::Tensor mine = all.narrow(0, place.first * rows, x.size(0)).to(x.device());
  return x * mine.ge(share) / (1 - share);
}

}  // namespace reverie
