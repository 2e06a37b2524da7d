#include "models/input_file.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "core/error.h"
#include "core/text.h"
#include "models/layer_words.h"

namespace reverie {
namespace {

constexpr size_t kMostLabels = 100000;

}  // namespace

std::string file_metadata(const TensorFile& file, const std::string& name) {
  const auto it = file.metadata.find(name);
  if (it == file.metadata.end() || it->second.empty())
    throw Error("read", file.name, fmt::format("its metadata do not say its {}", name));
  return it->second;
}

double file_number(const TensorFile& file, const std::string& name, double low, double high) {
  const double value = to_number(file_metadata(file, name)).value_or(NAN);
  if (!(value >= low && value <= high))
    throw Error("read", file.name, fmt::format("{} is not a number from {} to {}", name, low, high));
  return value;
}

std::vector<std::string> words_in(const TensorFile& file, const std::string& name) {
  return listed_layers(file_metadata(file, name));
}

size_t word_in(const TensorFile& file, const std::string& name, const std::vector<std::string>& words) {
  const std::string word = file_metadata(file, name);
  const auto it = std::find(words.begin(), words.end(), word);
  if (it == words.end())
    throw Error("read", file.name,
                fmt::format("{} is {}; there are {}", name, in_quotes(word), join(words, ", ")));
  return static_cast<size_t>(it - words.begin());
}

InputTransform read_training_input(const TensorFile& file) {
  InputTransform input;
  input.scale = file_number(file, "scale", 1e-6, 1e6);
  input.subtract_mean = file_metadata(file, "mean") != "none";
  if (!input.subtract_mean) return input;
  const Tensor& mean = file.get("mean");
  if (mean.shape.size() != 3 || mean.shape[0] != 3 || mean.shape[1] < 1 || mean.shape[2] < 1)
    throw Error("read", file.name, fmt::format("'mean' has shape {}, no [3, H, W]", shape_text(mean.shape)));
  input.mean = from_plain(mean);
  return input;
}

void write_training_input(const InputTransform& input, TensorFile& file) {
  if (input.mean.defined()) file.tensors["mean"] = to_plain(input.mean);
  file.metadata["scale"] = fmt::format("{}", input.scale);
  file.metadata["mean"] = input.subtract_mean ? "training" : "none";
}

std::vector<std::string> read_file_labels(const TensorFile& file, size_t least) {
  std::vector<std::string> labels;
  const auto it = file.metadata.find("labels");
  if (it != file.metadata.end() && !it->second.empty()) {
    for (const std::string& label : split(it->second, '\n')) labels.push_back(printable(label));
  }
  if (labels.size() < least || labels.size() > kMostLabels)
    throw Error("read", file.name, fmt::format("it has {} labels", labels.size()));
  return labels;
}

void read_parameters(const TensorFile& file, Parameters& parameters) {
  torch::NoGradGuard no_grad;
  const auto take = [&](const std::vector<ParameterSlice>& slices, torch::Tensor& flat) {
    for (const ParameterSlice& slice : slices) {
      const torch::Tensor values = torch::tensor(file.get(slice.name, slice.shape).data);
      if (!torch::isfinite(values).all().item<bool>())
        throw Error("use the weights", file.name,
                    fmt::format("'{}' has a value that is infinite or not a number", slice.name));
      flat.narrow(0, slice.begin, slice.count).copy_(values);
    }
  };
  take(parameters.slices(), parameters.flat());
  take(parameters.buffer_slices(), parameters.buffers());
}

void write_parameters(const Parameters& parameters, TensorFile& file) {
  const auto add = [&](const std::vector<ParameterSlice>& slices, const torch::Tensor& flat) {
    for (const ParameterSlice& slice : slices)
      file.tensors[slice.name] = to_plain(flat.narrow(0, slice.begin, slice.count).view(slice.shape));
  };
  add(parameters.slices(), parameters.flat());
  add(parameters.buffer_slices(), parameters.buffers());
}

double count_numbers(const TensorFile& file) {
  double numbers = 0;
  for (const auto& [name, tensor] : file.tensors) numbers += static_cast<double>(tensor.data.size());
  return numbers;
}

}  // namespace reverie
