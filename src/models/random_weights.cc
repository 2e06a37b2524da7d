#include "models/random_weights.h"

#include "core/random.h"

namespace reverie {

void draw_weights(Parameters& parameters, uint64_t seed,
                  const std::function<double(const ParameterSlice& slice)>& deviation) {
  torch::NoGradGuard no_grad;
  torch::Tensor values = torch::zeros({parameters.flat().size(0)});
  auto* v = values.data_ptr<float>();
  const auto& slices = parameters.slices();
  for (size_t i = 0; i < slices.size(); ++i) {
    const ParameterSlice& slice = slices[i];
    if (slice.is_bias) {
      if (slice.name.ends_with(".norm.weight")) values.narrow(0, slice.begin, slice.count).fill_(1);
      continue;
    }
    Random random = Random(seed).split(i);
    const double size = deviation(slice);
    for (int64_t j = 0; j < slice.count; ++j) v[slice.begin + j] = static_cast<float>(size * random.normal());
  }
  parameters.flat().copy_(values);
}

}  // namespace reverie
