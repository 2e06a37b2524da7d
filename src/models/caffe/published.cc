#include "models/caffe/published.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>

#include "core/error.h"
#include "core/text.h"

namespace reverie {
namespace {

using Mean = std::array<float, 3>;  // of B, G, R

constexpr Mean kImageNet = {104, 117, 123};
constexpr Mean kVgg = {103.939F, 116.779F, 123.68F};
constexpr Mean kPlaces205 = {105.417F, 113.753F, 116.047F};
constexpr Mean kPlaces365 = {104.051F, 112.514F, 116.676F};

bool is_vgg(const CaffeNet& net) {
  if (lower(net.title).find("vgg") != std::string::npos) return true;
  const auto has = [&](const std::string& name) {
    return std::any_of(net.layers.begin(), net.layers.end(), [&](const CaffeLayer& layer) {
      return layer.name == name && layer.convolution && layer.convolution->outputs == 64;
    });
  };
  return has("conv1_1") && has("conv1_2");
}

Mean published_mean(const CaffeNet& net, int64_t labels) {
  if (labels == 205) return kPlaces205;
  if (labels == 365) return kPlaces365;
  return is_vgg(net) ? kVgg : kImageNet;
}

// Nothing where it says there is none.
std::optional<Mean> own_mean(const CaffeNet& net, const CaffeTransform& transform, const Mean& published) {
  const std::vector<float>& values = transform.mean_values;
  for (const float value : values) {
    if (!std::isfinite(value)) throw Error("use", net.file, "a mean_value is not a number");
  }
  if (values.size() == 1) return Mean{values[0], values[0], values[0]};
  if (values.size() == 3) return Mean{values[0], values[1], values[2]};
  if (!values.empty()) throw Error("use", net.file, fmt::format("it has {} mean_values", values.size()));
  // of pictures of the training, which published networks come without
  return transform.mean_file.empty() ? std::nullopt : std::optional(published);
}

}  // namespace

InputTransform caffe_input(const CaffeNet& net, const CaffeGraph& graph) {
  InputTransform input;
  input.scale = 1;
  input.bgr = true;
  std::optional<Mean> mean = published_mean(net, graph.score_count);
  if (graph.data != nullptr && graph.data->transform) {
    const CaffeTransform& transform = *graph.data->transform;
    if (!std::isfinite(transform.scale) || transform.scale <= 0)
      throw Error("use", net.file, fmt::format("the scale of its pictures is {}", transform.scale));
    input.scale = transform.scale;
    mean = own_mean(net, transform, *mean);
  }
  input.subtract_mean = mean.has_value();
  if (mean) input.mean = torch::tensor({(*mean)[2], (*mean)[1], (*mean)[0]}).view({3, 1, 1});
  return input;
}

}  // namespace reverie
