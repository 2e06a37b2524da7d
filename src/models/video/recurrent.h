// Memories over the frames of clips.
#pragma once

#include "models/torch.h"

namespace reverie {

// The weights of a convolutional gated recurrent unit.
struct GruWeights {
  torch::Tensor input, bias;  // [3 C, C', K, K], [3 C]: of the update gate, the reset gate, the candidate
  torch::Tensor gates;        // [2 C, C, K, K]: of both gates, on the last state
  torch::Tensor candidate;    // [C, C, K, K]
};

// x: [N, T, C', H, W] -> the states [N, T, C, H, W], from a first one of zeros (Ballas et al. 2016, equations
// 1-4):
//   z = s(Wz x + Uz h), r = s(Wr x + Ur h), c = tanh(W x + U (r h)), h' = (1 - z) h + z c
// backwards: from the last frame to the first.
torch::Tensor convolutional_gru(const torch::Tensor& x, const GruWeights& weights, bool backwards = false);

// The weights of a long short-term memory: [4 M, F], [4 M, M], [4 M], of the input, forget, cell and output
// gates.
struct LstmWeights {
  torch::Tensor input, state, bias;
};

// x: [N, T, F] -> [N, T, M], from zeros.
torch::Tensor lstm(const torch::Tensor& x, const LstmWeights& weights);

}  // namespace reverie
