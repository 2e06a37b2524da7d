// The differentiable twin of the engine's transition: what it learns plays in the engine as it was trained.
#pragma once

#include <optional>
#include <vector>

#include "core/parallel.h"
#include "core/random.h"
#include "feedback/hourglass.h"
#include "feedback/transition.h"
#include "models/torch.h"

namespace reverie {

// Of N hierarchies side by side.
struct TwinState {
  std::vector<torch::Tensor> h;          // h[l]: [N, C_l, H_l, W_l]
  std::vector<torch::Tensor> home_gain;  // of each level: [N]
};

// What may be learned, as tensors that may carry gradients.
struct TwinWeights {
  struct Layer {
    torch::Tensor encode_weight;  // [upper, lower, k, k]
    torch::Tensor encode_bias;    // [upper]
    torch::Tensor decode_weight;  // [upper, lower, k, k], transposed convolution
    torch::Tensor decode_bias;    // [lower]
  };
  std::vector<Layer> layers;
  torch::Tensor self, encode, decode;  // [levels + 1]: the shares of the mix
};

// The hourglass's own weights and the transition's shares, without gradients.
TwinWeights twin_weights(const Hourglass& hourglass, const Transition& transition);

// What a step takes beside the state.
struct TwinFrame {
  // All but the shares, which the weights have; its own velocity is not read.
  const Transition* transition = nullptr;
  const std::vector<Planes>* velocity = nullptr;  // of each of the N, as Transition::velocity; null: none
  std::vector<Random> noise;                      // of each of the N, as Kernel::step takes it
  torch::Tensor stream =
      {};  // the velocities once more, [N, 2, H, W], where gradients are to go through them too
};

class Twin {
 public:
  Twin(const Hourglass& hourglass, LevelSizes sizes, torch::Device device = torch::kCPU);

  // Error that names what the twin does not know: maps, the input and its flow, schedule = even, sampling
  // other than linear, bf16.
  void check(const Transition& transition) const;

  // The state after one frame: the equations of kernels/reference/reference_kernel.cc.  overflow, if not
  // null, takes the mean of max(|u| - 1, 0) over all samples before they are squashed.  Without `stream`
  // gradients take the velocity as given: they reach the state through what is moved, not through where it
  // comes from.
  TwinState step(const TwinState& state, const TwinWeights& weights, const TwinFrame& frame,
                 torch::Tensor* overflow = nullptr) const;

  // As the engine makes it from parameters advect_level, advect_channel and advect_smooth: one for each of
  // the N; nothing where no level is advected.
  std::optional<std::vector<Planes>> velocity(const TwinState& state, const Transition& transition,
                                              const ParameterValues& values, Threads& threads) const;

  // TwinFrame::stream; undefined where no level is advected.
  torch::Tensor stream(const TwinState& state, const Transition& transition,
                       const ParameterValues& values) const;

  // As the engine starts with init = "noise"; one hierarchy for each stream.
  TwinState start(const ParameterValues& values, const std::vector<Random>& streams) const;
  // As with init = "picture": pictures [N, 3, H, W], -1..1.
  TwinState start(const torch::Tensor& pictures) const;

  const LevelSizes& sizes() const { return sizes_; }
  int levels() const { return static_cast<int>(channels_.size()) - 1; }
  int channels(int level) const { return channels_[static_cast<size_t>(level)]; }

 private:
  torch::Tensor moved(const torch::Tensor& h, const TwinFrame& frame, int level) const;

  std::vector<int> channels_, pool_size_;
  Precision precision_;
  LevelSizes sizes_;
  torch::Device device_;
};

// Independent draws -1..1 as the engine makes them: [N, channels, height, width]; sample i of channel c of
// the n-th is streams[n].split(c).signed_at(i).
torch::Tensor drawn_noise(const std::vector<Random>& streams, int channels, int height, int width);

}  // namespace reverie
