#include "weights/caffe_hourglass.h"

#include <fmt/format.h>

#include <cmath>

#include "core/error.h"
#include "core/text.h"
#include "weights/caffe_chain.h"
#include "weights/hourglass_file.h"

namespace reverie {
namespace {

Tensor bias_of(const CaffeLayer& layer, const TensorFile& weights) {
  const int64_t n = layer.convolution->outputs;
  if (!layer.convolution->has_bias) return {{n}, std::vector<float>(static_cast<size_t>(n))};
  return weights.get(layer.name + ".bias", {n});
}

void add_tensors(const CaffeChain& chain, const TensorFile& weights, TensorFile& model) {
  int64_t lower = 0;
  for (size_t l = 0; l < chain.levels.size(); ++l) {
    const CaffeLayer& encode = *chain.levels[l].encode;
    const CaffeLayer& decode = *chain.levels[l].decode;
    const int64_t upper = encode.convolution->outputs;
    if (l == 0) lower = decode.convolution->outputs;
    const int64_t up = encode.convolution->kernel.height;
    const int64_t down = decode.convolution->kernel.height;
    const std::string n = std::to_string(l + 1);
    model.tensors["encode" + n + ".weight"] = weights.get(encode.name + ".weight", {upper, lower, up, up});
    model.tensors["encode" + n + ".bias"] = bias_of(encode, weights);
    model.tensors["decode" + n + ".weight"] =
        weights.get(decode.name + ".weight", {upper, lower, down, down});
    model.tensors["decode" + n + ".bias"] = bias_of(decode, weights);
    lower = upper;
  }
}

// mean_value, as a mean picture of any size.
bool add_channel_means(const CaffeTransform& transform, TensorFile& model) {
  std::vector<float> values = transform.mean_values;
  if (values.size() == 1) values.resize(3, values[0]);
  if (values.size() != 3 || !transform.mean_file.empty()) return false;
  model.tensors["mean"] = {{3, 1, 1}, values};
  return true;
}

}  // namespace

CaffeHourglass hourglass_from_caffe(const CaffeNet& net, const TensorFile& weights) {
  const CaffeChain chain = find_caffe_chain(net);
  CaffeHourglass result;
  TensorFile& model = result.model;
  model.name = weights.name;
  add_tensors(chain, weights, model);
  const CaffeTransform transform =
      chain.data != nullptr && chain.data->transform ? *chain.data->transform : CaffeTransform{};
  if (!std::isfinite(transform.scale) || transform.scale <= 0)
    throw Error("use", net.file,
                fmt::format("layer {}: its scale is {}", in_quotes(chain.data->name), transform.scale));
  HourglassWords words;
  for (const CaffeLevel& level : chain.levels) {
    words.pool_size.push_back(std::to_string(level.pool_size));
    words.pool.emplace_back(level.pool == CaffePoolMethod::kMean ? "mean" : "max");
    words.activation.push_back(level.activation);
  }
  words.output = chain.output;
  words.scale = to_number(fmt::format("{}", transform.scale)).value_or(transform.scale);  // 0.1, not 0.1F
  const bool by_channel = add_channel_means(transform, model);
  words.subtract_mean = !transform.mean_file.empty() || by_channel;
  if (!transform.mean_file.empty() && weights.has("mean")) model.tensors["mean"] = weights.get("mean");
  model.metadata = hourglass_metadata(words);
  if (chain.data == nullptr) {
    result.warnings.push_back(
        fmt::format("{} has no data layer: the model gets scale 1 and no mean", net.file));
  }
  if (chain.data != nullptr && !chain.data->data && chain.data->type != "Input") {
    result.warnings.push_back(fmt::format(
        "layer {}: a {} layer does not say what it does to pictures: the model gets scale {} and {}",
        in_quotes(chain.data->name), printable(chain.data->type), transform.scale,
        words.subtract_mean ? "a mean" : "no mean"));
  }
  if (!transform.mean_values.empty() && !by_channel) {
    result.warnings.push_back(fmt::format(
        "layer {}: mean_value is ignored: it takes one value, or one per channel, and no mean_file beside it",
        in_quotes(chain.data->name)));
  }
  for (const std::string& field : net.skipped)
    result.warnings.push_back(fmt::format("{}: {}: unknown, ignored", net.file, field));
  return result;
}

void check_caffe_weights(const CaffeNet& net, const TensorFile& weights) {
  for (const CaffeLayer& layer : net.layers) {
    if (!layer.convolution && !layer.inner_product) continue;
    const Tensor& w = weights.get(layer.name + ".weight");
    const bool deconvolution = layer.type == "Deconvolution";
    const auto refuse = [&](const std::string& wanted) {
      throw Error("use tensor " + in_quotes(layer.name + ".weight") + " of", weights.name,
                  fmt::format("its shape is {}, but {} needs {}", shape_text(w.shape), net.file, wanted));
    };
    if (layer.convolution) {
      const CaffeConvolution& c = *layer.convolution;
      const int64_t outputs = deconvolution && c.group > 0 ? c.outputs / c.group : c.outputs;
      if (w.shape.size() != 4 || w.shape[deconvolution ? 1 : 0] != outputs || w.shape[2] != c.kernel.height ||
          w.shape[3] != c.kernel.width) {
        refuse(fmt::format("{} outputs of {} x {}", c.outputs, c.kernel.height, c.kernel.width));
      }
      if (c.has_bias) weights.get(layer.name + ".bias", {c.outputs});
    } else {
      const CaffeInnerProduct& p = *layer.inner_product;
      if (w.shape.size() != 2 || w.shape[p.transposed ? 1 : 0] != p.outputs)
        refuse(fmt::format("{} outputs", p.outputs));
      if (p.has_bias) weights.get(layer.name + ".bias", {p.outputs});
    }
  }
}

}  // namespace reverie
