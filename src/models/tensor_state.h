// Tensors of LibTorch in a State.
#pragma once

#include <string>

#include "core/state.h"
#include "models/torch.h"

namespace reverie {

// Of 32-bit floats; undefined and empty ones are left out.
inline void put_tensor(State& to, const std::string& name, const torch::Tensor& tensor) {
  if (!tensor.defined() || tensor.numel() == 0) return;
  const torch::Tensor all = tensor.detach().contiguous();
  to.put(name,
         State::Samples{all.sizes().vec(), {all.data_ptr<float>(), all.data_ptr<float>() + all.numel()}});
}

// Undefined where none was put.
inline torch::Tensor tensor_of(const State& from, const std::string& name) {
  if (!from.has(name)) return {};
  const State::Samples& samples = from.samples(name);
  return torch::from_blob(const_cast<float*>(samples.data.data()), samples.shape).clone();
}

}  // namespace reverie
