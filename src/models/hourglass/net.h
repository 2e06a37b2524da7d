// The hourglass that learns.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "models/hourglass/config.h"
#include "models/parameters.h"
#include "models/torch.h"

namespace reverie {

struct NamedTensor {
  std::string name;
  torch::Tensor tensor;
};

class HourglassNet {
 public:
  // Weights are zero until initialise() or flat() is written.
  explicit HourglassNet(HourglassConfig config, torch::Device device = torch::kCPU);

  const HourglassConfig& config() const { return config_; }
  // encodeN.weight, encodeN.bias, decodeN.weight (untied), decodeN.bias; N counts from 1.
  Parameters& parameters() { return parameters_; }
  const Parameters& parameters() const { return parameters_; }
  const std::vector<ParameterSlice>& slices() const { return parameters_.slices(); }
  torch::Tensor& flat() { return parameters_.flat(); }
  const torch::Tensor& flat() const { return parameters_.flat(); }

  // Gaussian: deviation `deviation`; xavier: uniform within sqrt(3 / fan_in) (Glorot and Bengio 2010, as
  // Caffe fills).  Biases 0.  The same seed gives the same weights everywhere.
  void initialise(InitKind kind, double deviation, uint64_t seed);

  // The parameters by name, views of flat() that carry gradients.
  class Weights {
   public:
    // x [N, C_l, H, W] -> [N, C_l+1, H/p, W/p] and back, activation and pooling included; level from 0.
    torch::Tensor encode(int level, const torch::Tensor& x) const;
    torch::Tensor decode(int level, const torch::Tensor& h) const;
    // The same before the activation: the logits of a picture that is judged by cross-entropy.
    torch::Tensor decode_linear(int level, const torch::Tensor& h) const;
    // h[0] = x up to h[top].
    std::vector<torch::Tensor> encode_up(const torch::Tensor& x, int top) const;
    // h at level `from` decoded down to level `to`.
    torch::Tensor decode_down(torch::Tensor h, int from, int to) const;

   private:
    friend class HourglassNet;
    struct Layer {
      torch::Tensor encode_weight, encode_bias, decode_weight, decode_bias;
    };
    const HourglassConfig* config_ = nullptr;
    std::vector<Layer> layers_;
  };
  Weights weights() const;
  // The same, but constants.
  Weights constant_weights() const;

  // encodeN.weight, encodeN.bias, decodeN.weight, decodeN.bias as a file holds them; tied weights written
  // out.
  std::vector<NamedTensor> named() const;

 private:
  Weights weights_of(const std::vector<torch::Tensor>& parts) const;

  HourglassConfig config_;
  Parameters parameters_;
};

// The layout of an hourglass's parameters.
Layout hourglass_layout(const HourglassConfig& config);

}  // namespace reverie
