#include "models/parameters.h"

#include <algorithm>
#include <utility>

namespace reverie {
namespace {

std::vector<torch::Tensor> cut_up(const torch::Tensor& flat, const std::vector<ParameterSlice>& slices) {
  std::vector<int64_t> counts;
  counts.reserve(slices.size());
  for (const ParameterSlice& slice : slices) counts.push_back(slice.count);
  std::vector<torch::Tensor> parts = flat.split_with_sizes(counts);
  for (size_t i = 0; i < parts.size(); ++i) parts[i] = parts[i].view(slices[i].shape);
  return parts;
}

// CUDA's kernels may read 16 bytes at a time: what begins between such places is copied.
std::vector<torch::Tensor> aligned(std::vector<torch::Tensor> parts) {
  constexpr uintptr_t kBytes = 16;
  for (torch::Tensor& part : parts) {
    if (part.is_cuda() && reinterpret_cast<uintptr_t>(part.data_ptr()) % kBytes != 0) part = part.clone();
  }
  return parts;
}

void take(const std::vector<ParameterSlice>& to, torch::Tensor& to_flat,
          const std::vector<ParameterSlice>& from, const torch::Tensor& from_flat,
          std::vector<std::string>& taken) {
  for (const ParameterSlice& slice : to) {
    const auto same = std::find_if(from.begin(), from.end(), [&](const ParameterSlice& s) {
      return s.name == slice.name && s.shape == slice.shape;
    });
    if (same == from.end()) continue;
    to_flat.narrow(0, slice.begin, slice.count).copy_(from_flat.narrow(0, same->begin, same->count));
    taken.push_back(slice.name);
  }
}

}  // namespace

bool is_within(const std::string& part, const std::string& name) {
  return name.starts_with(part) && (name.size() == part.size() || name[part.size()] == '.');
}

void Layout::add(std::string name, std::vector<int64_t> shape, int fan_in, int fan_out) {
  ParameterSlice slice{std::move(name), std::move(shape), size_, 1, fan_in, fan_out, false};
  for (const int64_t d : slice.shape) slice.count *= d;
  slice.is_bias = slice.shape.size() == 1;
  size_ += slice.count;
  slices_.push_back(std::move(slice));
}

Parameters::Parameters(Layout learned, Layout buffers, torch::Device device)
    : learned_(std::move(learned)),
      buffers_(std::move(buffers)),
      flat_(torch::zeros({learned_.size()}, torch::TensorOptions().device(device).requires_grad(true))),
      buffer_flat_(torch::zeros({buffers_.size()}, torch::TensorOptions().device(device))) {}

std::vector<torch::Tensor> Parameters::cut() const {
  return aligned(cut_up(flat_, slices()));
}

std::vector<torch::Tensor> Parameters::cut_constant() const {
  return aligned(cut_slots());
}

std::vector<torch::Tensor> Parameters::cut_slots() const {
  return cut_up(flat_.detach(), slices());
}

std::vector<torch::Tensor> Parameters::cut_buffers() const {
  return cut_up(buffer_flat_, buffer_slices());
}

void Parameters::move_to(torch::Device device) {
  if (flat_.device() == device) return;
  flat_ = flat_.detach().to(device).requires_grad_(true);
  buffer_flat_ = buffer_flat_.to(device);
}

void copy_values(const Parameters& from, Parameters& to) {
  torch::NoGradGuard no_grad;
  to.flat().copy_(from.flat());
  to.buffers().copy_(from.buffers());
}

std::vector<std::string> take_parameters(Parameters& to, const Parameters& from) {
  torch::NoGradGuard no_grad;
  std::vector<std::string> taken;
  take(to.slices(), to.flat(), from.slices(), from.flat(), taken);
  take(to.buffer_slices(), to.buffers(), from.buffer_slices(), from.buffers(), taken);
  return taken;
}

}  // namespace reverie
