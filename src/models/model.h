// A network of any family, as others see it: who dreams in its layers, trains it, or writes it to a file.
#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

#include "models/input_transform.h"
#include "models/parameters.h"
#include "models/torch.h"
#include "weights/tensor.h"

namespace reverie {

// A layer whose output can be asked for.
struct LayerInfo {
  std::string name;
  int64_t channels = 0, height = 0, width = 0;  // of its output
  int64_t receptive = 1;                        // pixels across that one sample depends on, borders aside
  double step = 1;                              // pixels from one sample to the next
};

// How a pass through a network is made.
struct PassOptions {
  // Where x < 0, ReLUs let this share of a gradient through (Lucid and Lucent, for the first steps of a
  // dream: a channel that is silent everywhere gives no gradient at all otherwise).  The outputs stay the
  // same.
  double leak = 0;
};

class Model {
 public:
  virtual ~Model() = default;

  virtual const std::string& family() const = 0;
  virtual Parameters& parameters() = 0;
  virtual const Parameters& parameters() const = 0;

  // In the order in which they are computed; shapes for pictures of that size.
  virtual std::vector<LayerInfo> layers(int64_t height, int64_t width) const = 0;
  // Sides of pictures are multiples of this.
  virtual int64_t multiple() const { return 1; }

  // x: [N, 3, H, W], what apply(input, pictures) gives.  The outputs of the layers named in `wanted`, in that
  // order; nothing above the highest of them is computed.  As a trained network is used: statistics of the
  // training, no dropout; weights are constants, so that gradients flow to x alone, if it requires them.
  // Error with the nearest name for a layer that is not there.
  virtual std::vector<torch::Tensor> forward(const torch::Tensor& x, const std::vector<std::string>& wanted,
                                             const PassOptions& options) const = 0;
  std::vector<torch::Tensor> forward(const torch::Tensor& x, const std::vector<std::string>& wanted) const {
    return forward(x, wanted, PassOptions{});
  }

  // Of a network that says what a picture shows: the layer whose values are the labels' scores, before the
  // softmax; empty where there is none.
  virtual std::string scores_layer() const { return ""; }
  // Of the scores, in their order; empty where nobody wrote them down.
  virtual const std::vector<std::string>& labels() const;
  // Of the square pictures that it was trained on; 0 where it is not known.
  virtual int64_t trained_side() const { return 0; }

  // What its file holds, metadata `family` among it.
  virtual TensorFile tensors() const = 0;

  InputTransform input;

 protected:
  Model() = default;
  Model(const Model&) = default;
  Model(Model&&) = default;
  Model& operator=(const Model&) = default;
  Model& operator=(Model&&) = default;
  explicit Model(InputTransform transform) : input(std::move(transform)) {}
};

// For forward(): the place of each wanted name among all; Error for one that is not there.
std::vector<size_t> places_of(const std::vector<std::string>& wanted, const std::vector<std::string>& all);
// How many layers must run for those places; what stands at them, of all that ran.
size_t layers_for(const std::vector<size_t>& places);
std::vector<torch::Tensor> at_places(const std::vector<torch::Tensor>& all,
                                     const std::vector<size_t>& places);

// A tensor of any device as one of `weights`, float32, same shape.
Tensor to_plain(const torch::Tensor& t);
torch::Tensor from_plain(const Tensor& t);

// The file that a model's name means: a .safetensors file, or model.safetensors of a run's folder.
std::filesystem::path model_path(const std::filesystem::path& path);

}  // namespace reverie
