#include "models/torchvision/builder.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <utility>

#include "core/error.h"

namespace reverie::torchvision {
namespace {

constexpr const char* kModule = "module.";

bool all_in_module(const TensorFile& file) {
  return !file.tensors.empty() && std::all_of(file.tensors.begin(), file.tensors.end(),
                                              [](const auto& t) { return t.first.starts_with(kModule); });
}

}  // namespace

Builder::Builder(const TensorFile& file) : file_(file), prefix_(all_in_module(file) ? kModule : "") {}

void Builder::fail(const std::string& name, const std::string& why) const {
  throw Error("use tensor " + in_quotes(name) + " of", file_.name, why);
}

const Tensor& Builder::get(const std::string& name, size_t axes) {
  const Tensor& tensor = file_.get(prefix_ + name);
  if (tensor.shape.size() != axes || tensor.data.empty())
    fail(name, fmt::format("its shape is {}, which is not of {} axes", shape_text(tensor.shape), axes));
  taken_.insert(prefix_ + name);
  return tensor;
}

int Builder::add(const std::string& name, GraphOp op, std::vector<int> inputs, int64_t channels) {
  graph.nodes.push_back({name, std::move(op), std::move(inputs)});
  channels_.push_back(channels);
  return static_cast<int>(graph.nodes.size()) - 1;
}

int Builder::parameter(const std::string& name, const Tensor& tensor) {
  graph.parameters.add(name, tensor.shape);
  sources_.push_back(&tensor);
  return static_cast<int>(sources_.size()) - 1;
}

int Builder::bias_of(const std::string& tensor, int64_t count) {
  const std::string name = tensor + ".bias";
  if (!has(name)) return -1;
  const Tensor& bias = get(name, 1);
  if (bias.shape[0] != count) fail(name, fmt::format("it has {} numbers for {}", bias.shape[0], count));
  return parameter(name, bias);
}

int Builder::convolution(const std::string& name, int from, const Steps& steps) {
  const std::string tensor = name + ".weight";
  const Tensor& weight = get(tensor, 4);
  const std::vector<int64_t>& shape = weight.shape;
  const int64_t in = channels(from);
  if (in % shape[1] != 0 || shape[0] % (in / shape[1]) != 0)
    fail(tensor, fmt::format("its shape is {}, and it is given {} channels", shape_text(shape), in));
  ConvolutionOp op;
  op.stride = steps.stride;
  op.pad_before = {steps.pad.value_or((shape[2] - 1) / 2), steps.pad.value_or((shape[3] - 1) / 2)};
  op.pad_after = op.pad_before;
  op.group = in / shape[1];
  op.weight = parameter(tensor, weight);
  op.bias = bias_of(name, shape[0]);
  return add(name, op, {from}, shape[0]);
}

// Trained, it is a factor and a sum: (x - mean) / sqrt(var + epsilon) * weight + bias.  Files that Reverie
// wrote have those.
int Builder::norm(const std::string& name, int from) {
  const auto values = [&](const char* part) -> const Tensor& {
    const Tensor& tensor = get(name + part, 1);
    if (tensor.shape[0] != channels(from))
      fail(name + part, fmt::format("it has {} numbers for {} channels", tensor.shape[0], channels(from)));
    return tensor;
  };
  if (has(name + ".scale"))
    return add(
        name,
        ScaleOp{parameter(name + ".scale", values(".scale")), parameter(name + ".shift", values(".shift"))},
        {from}, channels(from));
  const Tensor &weight = values(".weight"), &bias = values(".bias"), &mean = values(".running_mean"),
               &variance = values(".running_var");
  Tensor& scale = made_.emplace_back(weight);
  Tensor& shift = made_.emplace_back(bias);
  for (size_t c = 0; c < weight.data.size(); ++c) {
    const double factor = weight.data[c] / std::sqrt(variance.data[c] + norm_epsilon);
    scale.data[c] = static_cast<float>(factor);
    shift.data[c] = static_cast<float>(bias.data[c] - mean.data[c] * factor);
  }
  const int scale_number = parameter(name + ".scale", scale);
  return add(name, ScaleOp{scale_number, parameter(name + ".shift", shift)}, {from}, channels(from));
}

int Builder::relu(const std::string& name, int from) {
  return add(name, ActivationOp{}, {from}, channels(from));
}

int Builder::max_pool(const std::string& name, int from, int64_t kernel, int64_t stride, int64_t pad,
                      bool round_up) {
  PoolOp op{PoolOp::Method::kMax, {kernel, kernel}, {stride, stride}, {pad, pad}};
  op.round_up = round_up;
  return add(name, op, {from}, channels(from));
}

int Builder::mean_pool(const std::string& name, int from, int64_t kernel, int64_t stride, int64_t pad) {
  PoolOp op{PoolOp::Method::kMean, {kernel, kernel}, {stride, stride}, {pad, pad}};
  op.round_up = false;
  return add(name, op, {from}, channels(from));
}

int Builder::global_mean(const std::string& name, int from) {
  PoolOp op;
  op.method = PoolOp::Method::kMean;
  op.global = true;
  return add(name, op, {from}, channels(from));
}

int Builder::concat(const std::string& name, const std::vector<int>& from) {
  int64_t all = 0;
  for (const int node : from) all += channels(node);
  return add(name, ConcatOp{}, from, all);
}

int Builder::sum(const std::string& name, int a, int b) {
  if (channels(a) != channels(b))
    throw Error("use", file_.name,
                fmt::format("layer {} adds {} channels to {}", in_quotes(name), channels(a), channels(b)));
  return add(name, CombineOp{}, {a, b}, channels(a));
}

int Builder::flat(const std::string& name, int from) {
  return add(name, FlattenOp{}, {from}, channels(from));
}

int Builder::dense(const std::string& name, int from, int64_t area, const std::string& tensor) {
  const std::string& stem = tensor.empty() ? name : tensor;
  const Tensor& weight = get(stem + ".weight", 2);
  if (weight.shape[1] != channels(from) * area)
    fail(stem + ".weight", fmt::format("its shape is {}, and it is given {} numbers",
                                       shape_text(weight.shape), channels(from) * area));
  DenseOp op;
  op.weight = parameter(stem + ".weight", weight);
  op.bias = bias_of(stem, weight.shape[0]);
  return add(name, op, {from}, weight.shape[0]);
}

int Builder::alias(const std::string& name, int from) {
  return add(name, IdentityOp{}, {from}, channels(from));
}

std::vector<std::string> Builder::left() const {
  std::vector<std::string> left;
  for (const auto& [name, tensor] : file_.tensors) {
    if (!taken_.contains(name)) left.push_back(name.substr(prefix_.size()));
  }
  return left;
}

Parameters Builder::parameters() const {
  Parameters parameters(graph.parameters);
  const std::vector<ParameterSlice>& slices = parameters.slices();
  auto* to = parameters.flat().data_ptr<float>();
  for (size_t i = 0; i < slices.size(); ++i) {
    const std::vector<float>& from = sources_[i]->data;
    if (!std::all_of(from.begin(), from.end(), [](float v) { return std::isfinite(v); }))
      fail(slices[i].name, "it has a value that is infinite or not a number");
    std::copy(from.begin(), from.end(), to + slices[i].begin);
  }
  return parameters;
}

}  // namespace reverie::torchvision
