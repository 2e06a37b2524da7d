#include <fmt/format.h>

#include <cmath>

#include "core/error.h"
#include "core/random.h"
#include "models/caffe/build.h"

namespace reverie {
namespace {

using Kind = CaffeParameter::Kind;

// By count alone: old files have all blobs in four dimensions.
const std::vector<float>& numbers_of(const TensorFile& weights, std::string_view name, int64_t count) {
  const Tensor& tensor = weights.get(std::string(name));
  if (static_cast<int64_t>(tensor.data.size()) == count) return tensor.data;
  throw Error("use tensor " + in_quotes(name) + " of", weights.name,
              fmt::format("it has {} numbers, not {}", tensor.data.size(), count));
}

// Scale or shift of what batch normalisation is once it is trained, from mean, variance and what both were
// multiplied with.
void fold(const CaffeParameter& parameter, const TensorFile& weights, float* to, int64_t count) {
  const std::vector<float>& mean = numbers_of(weights, parameter.layer + ".weight", count);
  const std::vector<float>& variance = numbers_of(weights, parameter.layer + ".bias", count);
  const std::vector<float>& factor = numbers_of(weights, parameter.layer + ".2", 1);
  const double by = factor[0] == 0 ? 0 : 1 / static_cast<double>(factor[0]);
  for (int64_t i = 0; i < count; ++i) {
    const auto at = static_cast<size_t>(i);
    const double spread = variance[at] * by + parameter.epsilon;
    if (!(spread > 0))
      throw Error("use", weights.name, "layer " + in_quotes(parameter.layer) + ": a variance is not above 0");
    const double scale = 1 / std::sqrt(spread);
    to[i] = static_cast<float>(parameter.kind == Kind::kNormScale ? scale : -mean[at] * by * scale);
  }
}

void load(const CaffeParameter& parameter, const ParameterSlice& slice, const TensorFile& weights,
          float* to) {
  const bool folded = parameter.kind == Kind::kNormScale || parameter.kind == Kind::kNormShift;
  if (folded && !weights.has(slice.name)) return fold(parameter, weights, to, slice.count);
  const std::vector<float>& from = numbers_of(weights, slice.name, slice.count);
  // a file of ours has it turned already
  if (parameter.kind != Kind::kTransposed || weights.metadata.contains("prototxt")) {
    std::copy(from.begin(), from.end(), to);
    return;
  }
  const int64_t out = slice.shape[0];
  const int64_t in = slice.shape[1];
  for (int64_t o = 0; o < out; ++o)
    for (int64_t i = 0; i < in; ++i) to[o * in + i] = from[static_cast<size_t>(i * out + o)];
}

void draw(const CaffeParameter& parameter, const ParameterSlice& slice, const Random& random, float* to) {
  const auto fill = [&](float value) { std::fill_n(to, slice.count, value); };
  switch (parameter.kind) {
    case Kind::kFilter:
    case Kind::kTransposed: {
      const auto reach = static_cast<float>(std::sqrt(6.0 / slice.fan_in));
      for (int64_t i = 0; i < slice.count; ++i) to[i] = reach * random.signed_at(static_cast<uint64_t>(i));
      return;
    }
    case Kind::kOne:
    case Kind::kNormScale:
      return fill(1);
    case Kind::kSlope:
      return fill(0.25F);
    case Kind::kZero:
    case Kind::kNormShift:
      return fill(0);
  }
}

}  // namespace

Parameters load_caffe(const CaffeGraph& graph, const TensorFile& weights) {
  Parameters parameters(graph.graph.parameters);
  torch::NoGradGuard no_grad;
  auto* to = parameters.flat().data_ptr<float>();
  for (size_t i = 0; i < graph.parameters.size(); ++i) {
    const ParameterSlice& slice = parameters.slices()[i];
    load(graph.parameters[i], slice, weights, to + slice.begin);
  }
  return parameters;
}

Parameters random_caffe(const CaffeGraph& graph, uint64_t seed) {
  Parameters parameters(graph.graph.parameters);
  torch::NoGradGuard no_grad;
  auto* to = parameters.flat().data_ptr<float>();
  for (size_t i = 0; i < graph.parameters.size(); ++i) {
    const ParameterSlice& slice = parameters.slices()[i];
    draw(graph.parameters[i], slice, Random(seed).split(i), to + slice.begin);
  }
  return parameters;
}

}  // namespace reverie
