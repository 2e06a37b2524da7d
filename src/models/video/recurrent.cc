#include "models/video/recurrent.h"

#include <vector>

namespace reverie {

torch::Tensor convolutional_gru(const torch::Tensor& x, const GruWeights& weights, bool backwards) {
  const int64_t n = x.size(0);
  const int64_t frames = x.size(1);
  const int64_t pad = weights.input.size(2) / 2;
  const torch::Tensor all = torch::conv2d(x.flatten(0, 1), weights.input, weights.bias, 1, pad);
  const torch::Tensor seen = all.view({n, frames, all.size(1), all.size(2), all.size(3)});
  const int64_t channels = weights.candidate.size(0);
  torch::Tensor h = torch::zeros({n, channels, x.size(3), x.size(4)}, x.options());
  std::vector<torch::Tensor> states(static_cast<size_t>(frames));
  for (int64_t i = 0; i < frames; ++i) {
    const int64_t t = backwards ? frames - 1 - i : i;
    const std::vector<torch::Tensor> from_input = seen.select(1, t).split(channels, 1);
    const std::vector<torch::Tensor> from_state =
        torch::conv2d(h, weights.gates, {}, 1, pad).split(channels, 1);
    const torch::Tensor z = torch::sigmoid(from_input[0] + from_state[0]);
    const torch::Tensor r = torch::sigmoid(from_input[1] + from_state[1]);
    const torch::Tensor c = torch::tanh(from_input[2] + torch::conv2d(r * h, weights.candidate, {}, 1, pad));
    h = h + z * (c - h);
    states[static_cast<size_t>(t)] = h;
  }
  return torch::stack(states, 1);
}

torch::Tensor lstm(const torch::Tensor& x, const LstmWeights& weights) {
  const torch::Tensor zeros = torch::zeros({1, x.size(0), weights.state.size(1)}, x.options());
  const torch::Tensor none = torch::zeros_like(weights.bias);
  return std::get<0>(torch::lstm(x, {zeros, zeros}, {weights.input, weights.state, weights.bias, none}, true,
                                 1, 0, false, false, true));
}

}  // namespace reverie
