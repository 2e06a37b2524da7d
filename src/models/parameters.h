// What a network learns and keeps, by name.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "models/torch.h"

namespace reverie {

// Where one of the parameters stands in the flat vector of all.
struct ParameterSlice {
  std::string name;  // "encode1.weight": its layer, a dot, what it is there
  std::vector<int64_t> shape;
  int64_t begin = 0, count = 0;
  int fan_in = 1, fan_out = 1;
  bool is_bias = false;  // one number per channel: weight decay leaves it alone
};

// Whether `name` is the parameter `part`, or lies within the layer or network of that name.
bool is_within(const std::string& part, const std::string& name);

// Slices, one behind the other.
class Layout {
 public:
  void add(std::string name, std::vector<int64_t> shape, int fan_in = 1, int fan_out = 1);
  const std::vector<ParameterSlice>& slices() const { return slices_; }
  int64_t size() const { return size_; }

 private:
  std::vector<ParameterSlice> slices_;
  int64_t size_ = 0;
};

// All that is learned lives in one flat leaf tensor, so that a solver, a checkpoint or an all-reduce is one
// operation; cut() cuts it up once a step.  Buffers (the statistics of batch normalisation) live in another,
// which no gradient reaches.  Copies share the tensors.
class Parameters {
 public:
  // Zeros.
  explicit Parameters(Layout learned, Layout buffers = {}, torch::Device device = torch::kCPU);

  const std::vector<ParameterSlice>& slices() const { return learned_.slices(); }
  torch::Tensor& flat() { return flat_; }  // [P] float32, requires grad
  const torch::Tensor& flat() const { return flat_; }

  const std::vector<ParameterSlice>& buffer_slices() const { return buffers_.slices(); }
  torch::Tensor& buffers() { return buffer_flat_; }  // [B] float32
  const torch::Tensor& buffers() const { return buffer_flat_; }

  // In the order of the slices, in their shapes: views that carry gradients to flat().
  std::vector<torch::Tensor> cut() const;
  // The same without gradients: the weights are constants.
  std::vector<torch::Tensor> cut_constant() const;
  // Views of flat() without gradients, to be written in place.
  std::vector<torch::Tensor> cut_slots() const;
  // Views of buffers(), to be written in place.
  std::vector<torch::Tensor> cut_buffers() const;

  // Copies made before stay where they are.
  void move_to(torch::Device device);

 private:
  Layout learned_, buffers_;
  torch::Tensor flat_, buffer_flat_;
};

// Copies the values of `from`, which has the same layout and may be on another device.
void copy_values(const Parameters& from, Parameters& to);

// Copies the parameters and buffers that have the same name and shape in both; gives the names of those of
// `to` that were found.
std::vector<std::string> take_parameters(Parameters& to, const Parameters& from);

}  // namespace reverie
