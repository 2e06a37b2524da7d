#include "models/vae/pass.h"

#include <algorithm>

#include "models/phases.h"

namespace reverie {
namespace {

constexpr double kStatisticsRate = 0.1;
constexpr int kPhases = 2, kFewChannels = 4;  // convolution_phases() of what makes so many channels at most

// What follows a convolution or dense layer of so many channels.
void add_norm(const std::string& name, int channels, VaeNorm norm, Layouts& to) {
  if (norm == VaeNorm::kBatch) {
    to.learned.add(name + ".norm.weight", {channels});
    to.learned.add(name + ".norm.bias", {channels});
    to.buffers.add(name + ".norm.mean", {channels});
    to.buffers.add(name + ".norm.variance", {channels});
  }
  if (norm == VaeNorm::kStyle) {
    to.learned.add(name + ".style.weight", {2 * channels, kStyleHidden}, kStyleHidden);
    to.learned.add(name + ".style.bias", {2 * channels});
  }
}

void add_convolution(const std::string& name, const VaeLayer& layer, VaeNorm norm, Layouts& to) {
  const bool across = layer.op == VaeOp::kTransposed;
  const int k = layer.kernel;
  const int upper = layer.op == VaeOp::kShuffle ? 4 * layer.upper : layer.upper;
  if (layer.tied.empty())
    to.learned.add(name + ".weight", {across ? layer.lower : upper, across ? upper : layer.lower, k, k},
                   layer.lower * k * k / (across ? layer.stride * layer.stride : 1));
  to.learned.add(name + ".bias", {upper});
  add_norm(name, layer.upper, norm, to);
}

// own: nobody else needs x, which may then be written over.
torch::Tensor activated(torch::Tensor x, VaeActivation activation, bool own) {
  switch (activation) {
    case VaeActivation::kLinear:
      return x;
    case VaeActivation::kElu:
      return own ? torch::elu_(x) : torch::elu(x);
    case VaeActivation::kRelu:
      return torch::relu(x);
    case VaeActivation::kSoftplus:
      return torch::softplus(x);
    case VaeActivation::kTanh:
      return torch::tanh(x);
    case VaeActivation::kSigmoid:
      return torch::sigmoid(x);
    case VaeActivation::kLeaky:
      return torch::leaky_relu(x, kVaeLeak);
  }
  return x;
}

// So much around the picture: left, right, top, bottom.
torch::Tensor surrounded(const torch::Tensor& x, const std::vector<int64_t>& by, VaePadding padding) {
  if (std::all_of(by.begin(), by.end(), [](int64_t n) { return n == 0; })) return x;
  if (padding == VaePadding::kZero) return torch::constant_pad_nd(x, by);
  // a picture that is smaller than its border has nothing to reflect
  const bool fits = std::max(by[0], by[1]) < x.size(3) && std::max(by[2], by[3]) < x.size(2);
  return fits ? torch::reflection_pad2d(x, by) : torch::replication_pad2d(x, by);
}

}  // namespace

void add_vae_dense(const std::string& name, int lower, int upper, VaeNorm norm, Layouts& to, bool tied) {
  if (tied) {
    to.learned.add(name + ".bias", {upper});
  } else {
    add_dense(name, lower, upper, to);
  }
  add_norm(name, upper, norm, to);
}

void add_vae_layer(const VaeLayer& layer, VaeNorm norm, Layouts& to) {
  switch (layer.op) {
    case VaeOp::kConvolution:
    case VaeOp::kTransposed:
    case VaeOp::kShuffle:
      add_convolution(layer.name, layer, norm, to);
      break;
    case VaeOp::kResidual:
      for (const char* part : {".conv1", ".conv2"}) add_convolution(layer.name + part, layer, norm, to);
      break;
    case VaeOp::kDense:
      add_vae_dense(layer.name, layer.lower, layer.upper, norm, to, !layer.tied.empty());
      break;
    case VaeOp::kUp:
      break;
  }
}

CodeStatistics statistics_of(const torch::Tensor& codes) {
  const std::vector<int64_t> over = codes.dim() == 4 ? std::vector<int64_t>{2, 3} : std::vector<int64_t>{0};
  const torch::Tensor mean = codes.mean(over, true);
  const torch::Tensor variance = (codes.square().mean(over, true) - mean.square()).clamp_min(0);
  return {mean, (variance + kLeastVaeDeviation * kLeastVaeDeviation).sqrt()};
}

torch::Tensor moved_to(const torch::Tensor& codes, const CodeStatistics& own, const CodeStatistics& to) {
  return (codes - own.mean) / own.deviation * to.deviation + to.mean;
}

const torch::Tensor& VaeWeights::at(const std::string& name) const {
  const auto it = learned.find(name);
  return it != learned.end() ? it->second : buffers.at(name);
}

void VaeWeights::pack(const VaeLayer& layer) {
  if (layer.op == VaeOp::kTransposed) phases[layer.name] = phases_of(layer);
  if (layer.op == VaeOp::kConvolution && layer.stride == 1 && layer.upper <= kFewChannels)
    phases[layer.name] =
        convolution_phases(at(layer.name + ".weight"), kPhases).contiguous(torch::MemoryFormat::ChannelsLast);
}

torch::Tensor VaeWeights::phases_of(const VaeLayer& layer) const {
  const auto made = phases.find(layer.name);
  if (made != phases.end()) return made->second;
  const std::string& source = layer.tied.empty() ? layer.name : layer.tied;
  return phase_weight(at(source + ".weight"), layer.stride).contiguous(torch::MemoryFormat::ChannelsLast);
}

VaeWeights looking(VaeWeights weights) {
  for (auto& [name, buffer] : weights.buffers) buffer = buffer.clone();
  weights.learning = true;
  return weights;
}

LayerInfo layer_above(LayerInfo below, const VaeLayer& layer, int64_t whole) {
  LayerInfo at = std::move(below);
  const int kernel = layer.op == VaeOp::kResidual ? 5 : layer.kernel;
  if (layer.op == VaeOp::kConvolution || layer.op == VaeOp::kShuffle || layer.op == VaeOp::kResidual)
    at.receptive += static_cast<int64_t>((kernel - 1) * at.step);
  const bool larger = makes_larger(layer);
  at.step = larger ? at.step / layer.stride : at.step * layer.stride;
  at.height = layer.height > 0 ? layer.height
              : larger         ? at.height * layer.stride
                               : (at.height + layer.stride - 1) / layer.stride;
  at.width = layer.width > 0 ? layer.width
             : larger        ? at.width * layer.stride
                             : (at.width + layer.stride - 1) / layer.stride;
  if (layer.op == VaeOp::kTransposed) at.receptive += static_cast<int64_t>((kernel - 1) * at.step);
  at.channels = layer.upper;
  if (layer.op == VaeOp::kDense) {
    at.receptive = whole;
    at.step = static_cast<double>(whole);
    at.height = at.width = 1;
  }
  at.name = layer.name;
  return at;
}

// What the style's statistics say to each layer: [N, kStyleHidden].
void VaePass::take_style(const torch::Tensor& codes) {
  const CodeStatistics own = statistics_of(codes);
  const torch::Tensor both = torch::cat({own.mean, own.deviation.log()}, 1).flatten(1);
  style_ = torch::elu(torch::linear(both, w_.at("style.weight"), w_.at("style.bias")));
}

torch::Tensor VaePass::run(const VaeLayer& layer, const torch::Tensor& x, bool last) const {
  // a variance has no activation: what becomes the mean gets its own later
  const VaeActivation output = s_.variance ? VaeActivation::kLinear : s_.output;
  const VaeActivation activation = last ? output : s_.activation;
  const VaeNorm norm = last && !s_.output_norm ? VaeNorm::kNone : norm_;
  switch (layer.op) {
    case VaeOp::kConvolution:
      return finish(layer.name, convolution(layer.name, x, layer.kernel, layer.stride), norm, activation);
    case VaeOp::kTransposed:
      return finish(layer.name, transposed(layer, x), norm, activation);
    case VaeOp::kShuffle:
      return finish(layer.name, torch::pixel_shuffle(convolution(layer.name, x, layer.kernel, 1), 2), norm,
                    activation);
    case VaeOp::kResidual: {
      const std::string first = layer.name + ".conv1";
      const std::string second = layer.name + ".conv2";
      const torch::Tensor inner = finish(first, convolution(first, x, 3, 1), norm, activation);
      return x + finish(second, convolution(second, inner, 3, 1), norm, VaeActivation::kLinear);
    }
    case VaeOp::kUp:
      return torch::upsample_nearest2d(x, {2 * x.size(2), 2 * x.size(3)});
    case VaeOp::kDense: {
      const torch::Tensor y =
          finish(layer.name, dense(layer.name, x.flatten(1), layer.tied), norm, activation);
      return layer.height > 0 ? y.view({y.size(0), -1, layer.height, layer.width}) : y;
    }
  }
  return x;
}

// All to all at every place.
torch::Tensor VaePass::dense(const std::string& name, const torch::Tensor& x, const std::string& tied) const {
  const torch::Tensor weight = tied.empty() ? w_.at(name + ".weight") : w_.at(tied + ".weight").t();
  const torch::Tensor& bias = w_.at(name + ".bias");
  if (x.dim() == 2) return torch::linear(x, weight, bias);
  return torch::conv2d(x, weight.view({weight.size(0), weight.size(1), 1, 1}), bias);
}

torch::Tensor VaePass::output(const torch::Tensor& x) const {
  return activated(x, s_.output, false);
}

torch::Tensor VaePass::finish(const std::string& name, const torch::Tensor& x, VaeNorm norm,
                              VaeActivation activation) const {
  return activated(normalised(name, x, norm), activation, !torch::GradMode::is_enabled());
}

torch::Tensor VaePass::convolution(const std::string& name, const torch::Tensor& x, int64_t kernel,
                                   int64_t stride) const {
  const torch::Tensor& weight = w_.at(name + ".weight");
  const auto convolved = [&](const torch::Tensor& wide, int64_t border) {
    const torch::Tensor& bias = w_.at(name + ".bias");
    const auto phases = w_.phases.find(name);
    const auto is_even = [&](int64_t side) { return (side + 2 * border - kernel + 1) % kPhases == 0; };
    if (phases != w_.phases.end() && is_even(wide.size(2)) && is_even(wide.size(3))) {
      const torch::Tensor biases = bias.repeat_interleave(kPhases * kPhases);
      return torch::pixel_shuffle(torch::conv2d(wide, phases->second, biases, kPhases, border), kPhases);
    }
    return torch::conv2d(wide, weight.contiguous(torch::MemoryFormat::ChannelsLast), bias, stride, border);
  };
  if (stride == 1 && kernel % 2 == 1 && s_.padding == VaePadding::kZero) return convolved(x, kernel / 2);
  return convolved(surrounded(x, same_border(x, kernel, stride), s_.padding), 0);
}

// The transpose of that.
torch::Tensor VaePass::transposed(const VaeLayer& layer, const torch::Tensor& x) const {
  const int64_t height = layer.height > 0 ? layer.height : x.size(2) * layer.stride;
  const int64_t width = layer.width > 0 ? layer.width : x.size(3) * layer.stride;
  const torch::Tensor phases = w_.phases_of(layer);
  const int64_t many = int64_t{1} * layer.stride * layer.stride;
  const PhaseReach reach = phase_reach(layer.kernel, layer.stride);
  const int64_t border = std::max(reach.before, reach.after);
  const torch::Tensor whole = torch::pixel_shuffle(
      torch::conv2d(x, phases, w_.at(layer.name + ".bias").repeat_interleave(many), 1, border), layer.stride);
  // the kernel reaches so far beyond both borders; an odd rest is cut off on the right and below
  const auto begin = [&](int64_t below, int64_t above) {
    const int64_t beyond = ((below - 1) * layer.stride + layer.kernel - above) / 2;
    return (border - reach.before) * layer.stride + beyond - (layer.kernel - layer.stride) / 2;
  };
  return whole.narrow(2, begin(x.size(2), height), height).narrow(3, begin(x.size(3), width), width);
}

torch::Tensor VaePass::normalised(const std::string& name, const torch::Tensor& x, VaeNorm norm) const {
  if (norm == VaeNorm::kNone || w_.folded) return x;
  if (norm == VaeNorm::kBatch) {
    return torch::batch_norm(x, w_.at(name + ".norm.weight"), w_.at(name + ".norm.bias"),
                             w_.at(name + ".norm.mean"), w_.at(name + ".norm.variance"), w_.learning,
                             kStatisticsRate, kVaeEpsilon, false);
  }
  const torch::Tensor both =
      torch::linear(style_, w_.at(name + ".style.weight"), w_.at(name + ".style.bias"));
  const int64_t channels = x.size(1);
  const torch::Tensor gain = both.narrow(1, 0, channels).unsqueeze(2).unsqueeze(3);
  const torch::Tensor offset = both.narrow(1, channels, channels).unsqueeze(2).unsqueeze(3);
  const CodeStatistics own = statistics_of(x);
  const torch::Tensor scale = (1 + gain) / own.deviation;
  return x * scale + (offset - own.mean * scale);
}

}  // namespace reverie
