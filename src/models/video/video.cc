#include "models/video/video.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "core/error.h"
#include "core/text.h"
#include "models/input_file.h"
#include "models/normalised.h"
#include "models/random_weights.h"
#include "models/video/flow_input.h"
#include "models/video/recurrent.h"

namespace reverie {
namespace {

constexpr const char* kScores = "scores";

void add_convolution(const std::string& name, const VideoLayer& layer, Layouts& to) {
  const int64_t lower = layer.in.channels;
  add_normalised(name, {layer.channels, lower, layer.frames, layer.kernel, layer.kernel},
                 static_cast<int>(lower * layer.frames * layer.kernel * layer.kernel), to);
}

void add_gru(const std::string& name, const VideoLayer& layer, Layouts& to) {
  const int64_t lower = layer.in.channels;
  const int64_t upper = layer.channels;
  const int64_t kernel = layer.kernel;
  const auto fan = [&](int64_t channels) { return static_cast<int>(channels * kernel * kernel); };
  to.learned.add(name + ".input.weight", {3 * upper, lower, kernel, kernel}, fan(lower));
  to.learned.add(name + ".input.bias", {3 * upper});
  to.learned.add(name + ".gates.weight", {2 * upper, upper, kernel, kernel}, fan(upper));
  to.learned.add(name + ".candidate.weight", {upper, upper, kernel, kernel}, fan(upper));
}

void add_lstm(const std::string& name, const VideoLayer& layer, Layouts& to) {
  const int64_t cells = layer.channels;
  to.learned.add(name + ".input.weight", {4 * cells, layer.in.channels}, static_cast<int>(layer.in.channels));
  to.learned.add(name + ".state.weight", {4 * cells, cells}, static_cast<int>(cells));
  to.learned.add(name + ".bias", {4 * cells});
}

void add_layer(const std::string& prefix, const VideoLayer& layer, Layouts& to) {
  const std::string name = prefix + layer.name;
  switch (layer.op) {
    case VideoOp::kConvolution:
    case VideoOp::kVolume:
      return add_convolution(name, layer, to);
    case VideoOp::kBothWays:
      add_gru(name + ".back", layer, to);
      [[fallthrough]];
    case VideoOp::kGru:
      return add_gru(name, layer, to);
    case VideoOp::kLstm:
      return add_lstm(name, layer, to);
    case VideoOp::kDense:
      return add_dense(name, layer.in.channels, layer.channels, to);
    default:
      return;
  }
}

// [N T, ...] <-> [N, T, ...]
torch::Tensor by_clip(const torch::Tensor& x, int64_t frames) {
  return x.unflatten(0, {x.size(0) / frames, frames});
}

// A linear machine over the streams' softmax, each divided by its length (Simonyan and Zisserman 2014).
// machine: its weights, its biases, and the logarithm of the factor.
FusedScores fuse(const std::vector<torch::Tensor>& scores, const std::vector<torch::Tensor>& machine) {
  std::vector<torch::Tensor> seen;
  for (const torch::Tensor& stream : scores) {
    const torch::Tensor shares = torch::softmax(stream, 1);
    seen.push_back(shares / shares.square().sum(1, true).sqrt());
  }
  const torch::Tensor values = torch::linear(torch::cat(seen, 1), machine[0], machine[1]);
  return {values, values.detach() * machine[2].exp()};
}

constexpr size_t kMachineParts = 3;

// The machine stands behind all other parameters.
std::vector<torch::Tensor> machine_of(const std::vector<torch::Tensor>& parameters) {
  return {parameters.end() - kMachineParts, parameters.end()};
}

bool is_recurrent(const std::string& name) {
  return name.find(".gates.") != std::string::npos || name.find(".candidate.") != std::string::npos ||
         name.find(".state.") != std::string::npos || name.find(".input.") != std::string::npos;
}

}  // namespace

const std::vector<std::string>& video_input_words() {
  static const std::vector<std::string> words = {"frames", "flow", "both"};
  return words;
}

const std::vector<std::string>& video_fusion_words() {
  static const std::vector<std::string> words = {"average", "svm"};
  return words;
}

// The parameters cut up, taken one after the other as the layers ask for them.  Between layers x is
// [N T, C, H, W], or [N T, C] of numbers; T is what the layer's shape says.
class VideoModel::Pass {
 public:
  Pass(std::vector<torch::Tensor> weights, std::vector<torch::Tensor> buffers, bool learning,
       const DropoutPlace& dropout, const PassOptions& options = {})
      : weights_(std::move(weights)),
        buffers_(std::move(buffers)),
        learning_(learning),
        dropout_(dropout),
        options_(options) {}

  torch::Tensor run(const VideoLayer& layer, const torch::Tensor& x) {
    const int64_t frames = layer.in.frames;
    switch (layer.op) {
      case VideoOp::kConvolution:
      case VideoOp::kVolume:
        return convolution(layer, x);
      case VideoOp::kMax:
        return max_pool(layer, x);
      case VideoOp::kMean:
        return x.dim() == 4 ? x.mean(at::IntArrayRef({2, 3})) : x;
      case VideoOp::kFlat:
        return x.flatten(1);
      case VideoOp::kMiddle:
        return by_clip(x, frames).select(1, frames / 2);
      case VideoOp::kEnds:
        return by_clip(x, frames).index_select(1, torch::tensor({int64_t{0}, frames - 1})).flatten(0, 1);
      case VideoOp::kFuse:
        return by_clip(x, frames).flatten(1, 2);
      case VideoOp::kDropout:
        return learning_ && layer.share > 0 ? drop(x, layer.share, dropout_, drops_++, frames) : x;
      case VideoOp::kDense:
        return torch::relu(dense(x));
      case VideoOp::kLstm: {
        const LstmWeights weights = {next(), next(), next()};
        return lstm(by_clip(x.flatten(1), frames), weights).flatten(0, 1);
      }
      case VideoOp::kGru:
        return gru(by_clip(x, frames), false).flatten(0, 1);
      case VideoOp::kBothWays: {
        const torch::Tensor back = gru(by_clip(x, frames), true);
        return torch::cat({gru(by_clip(x, frames), false), back}, 2).flatten(0, 1);
      }
    }
    return x;
  }

  torch::Tensor dense(const torch::Tensor& x) {
    const torch::Tensor& weight = next();
    return torch::linear(x.flatten(1), weight, next());
  }

 private:
  torch::Tensor gru(const torch::Tensor& x, bool backwards) {
    const GruWeights weights = {next(), next(), next(), next()};
    return convolutional_gru(x, weights, backwards);
  }

  // The frames that are looked at together become channels of one picture: LibTorch's convolutions of
  // pictures are several times as fast on a processor as those of volumes.
  static torch::Tensor together(const VideoLayer& layer, const torch::Tensor& x) {
    if (layer.frames == 1 && layer.step == 1) return x;
    torch::Tensor clips = by_clip(x, layer.in.frames);
    if (layer.op == VideoOp::kVolume) {
      const int64_t pad = layer.frames / 2;
      clips = torch::constant_pad_nd(clips, {0, 0, 0, 0, 0, 0, pad, pad});
    }
    const torch::Tensor windows = clips.unfold(1, layer.frames, layer.step);  // [N, T', C, H, W, frames]
    return windows.permute({0, 1, 5, 2, 3, 4}).flatten(2, 3).flatten(0, 1);
  }

  torch::Tensor convolution(const VideoLayer& layer, const torch::Tensor& x) {
    const torch::Tensor weight = next().transpose(1, 2).flatten(1, 2);  // [C', T C, K, K]
    const Normalised all = {weight, next(), next(), buffers_[buffer_], buffers_[buffer_ + 1]};
    buffer_ += 2;
    const torch::Tensor seen = together(layer, x).contiguous(torch::MemoryFormat::ChannelsLast);
    return learning_ ? learn_normalised(seen, all) : use_normalised(seen, all, options_);
  }

  static torch::Tensor max_pool(const VideoLayer& layer, const torch::Tensor& x) {
    torch::Tensor y = layer.kernel > 1 ? torch::max_pool2d(x, layer.kernel) : x;
    if (layer.frames == 1) return y;
    const int64_t groups = layer.in.frames / layer.frames;
    y = by_clip(y, layer.in.frames).narrow(1, 0, groups * layer.frames);
    return y.unflatten(1, {groups, layer.frames}).amax(2).flatten(0, 1);
  }

  const torch::Tensor& next() { return weights_[weight_++]; }

  std::vector<torch::Tensor> weights_, buffers_;
  bool learning_;
  DropoutPlace dropout_;
  PassOptions options_;
  size_t weight_ = 0, buffer_ = 0;
  uint64_t drops_ = 0;
};

std::vector<VideoModel::Stream> VideoModel::streams_of(const VideoSettings& settings, int height, int width) {
  std::vector<Stream> streams;
  if (settings.input != VideoInput::kFlow) {
    Stream s{"", parse_video(settings.layers)};
    fit_layers(s.layers, {3, settings.frames, height, width});
    streams.push_back(std::move(s));
  }
  if (settings.input != VideoInput::kFrames) {
    const bool second = settings.input == VideoInput::kBoth;
    Stream s{second ? "flow." : "",
             parse_video(second && !settings.flow_layers.empty() ? settings.flow_layers : settings.layers)};
    fit_layers(s.layers, {2, settings.frames - 1, height, width});
    streams.push_back(std::move(s));
  }
  return streams;
}

Parameters VideoModel::parameters_of(const std::vector<Stream>& streams, const VideoSettings& settings,
                                     size_t labels, torch::Device device) {
  Layouts all;
  const auto count = static_cast<int64_t>(labels);
  for (const Stream& stream : streams) {
    for (const VideoLayer& layer : stream.layers) add_layer(stream.prefix, layer, all);
    add_dense(stream.prefix + kScores, stream.layers.back().out.features(), count, all);
  }
  if (settings.fusion == VideoFusion::kSvm) {
    add_dense(kFusion, static_cast<int64_t>(streams.size()) * count, count, all);
    all.learned.add(std::string(kFusion) + ".factor", {1});
  }
  return make_parameters(std::move(all), device);
}

VideoModel::VideoModel(VideoSettings settings, std::vector<std::string> labels, int height, int width,
                       InputTransform transform, torch::Device device)
    : Model(std::move(transform)),
      settings_(std::move(settings)),
      labels_(std::move(labels)),
      height_(height),
      width_(width),
      streams_(streams_of(settings_, height, width)),
      parameters_(parameters_of(streams_, settings_, labels_.size(), device)) {}

const std::string& VideoModel::family() const {
  static const std::string name = "video";
  return name;
}

void VideoModel::initialise(uint64_t seed) {
  draw_weights(parameters_, seed, [](const ParameterSlice& slice) {
    const bool plain = slice.name.find(kScores) != std::string::npos || is_recurrent(slice.name);
    return std::sqrt((plain ? 1.0 : 2.0) / slice.fan_in);
  });
  if (settings_.fusion == VideoFusion::kAverage) return;
  torch::NoGradGuard no_grad;
  // it begins as the mean
  torch::Tensor weight = machine_of(parameters_.cut_slots())[0];
  const auto streams = static_cast<int64_t>(streams_.size());
  weight.copy_(torch::eye(weight.size(0), weight.options()).repeat({1, streams}) /
               static_cast<double>(streams));
}

VideoSight VideoModel::look(const torch::Tensor& pictures) const {
  VideoSight sight;
  if (settings_.input != VideoInput::kFlow) sight.frames = apply(input, pictures);
  if (settings_.input != VideoInput::kFrames) sight.flow = flow_input(pictures);
  return sight;
}

std::vector<torch::Tensor> VideoModel::run(const VideoSight& sight, Pass& pass) const {
  std::vector<torch::Tensor> scores;
  for (const Stream& stream : streams_) {
    const bool flow = stream.layers.front().in.channels == 2;
    torch::Tensor h = (flow ? sight.flow : sight.frames).flatten(0, 1);
    for (const VideoLayer& layer : stream.layers) h = pass.run(layer, h);
    scores.push_back(by_clip(pass.dense(h), stream.layers.back().out.frames).mean(1));
  }
  return scores;
}

std::vector<torch::Tensor> VideoModel::learn(const VideoSight& sight, const DropoutPlace& dropout) {
  Pass pass(parameters_.cut(), parameters_.cut_buffers(), true, dropout);
  return run(sight, pass);
}

std::vector<torch::Tensor> VideoModel::scores(const VideoSight& sight) const {
  Pass pass(parameters_.cut_constant(), parameters_.cut_buffers(), false, {});
  return run(sight, pass);
}

FusedScores VideoModel::learn_fusion(const std::vector<torch::Tensor>& scores) {
  return fuse(scores, machine_of(parameters_.cut()));
}

torch::Tensor VideoModel::shares(const std::vector<torch::Tensor>& scores) const {
  if (settings_.fusion == VideoFusion::kSvm)
    return torch::softmax(fuse(scores, machine_of(parameters_.cut_constant())).scaled, 1);
  torch::Tensor sum = torch::softmax(scores[0], 1);
  for (size_t i = 1; i < scores.size(); ++i) sum = sum + torch::softmax(scores[i], 1);
  return sum / static_cast<double>(scores.size());
}

std::vector<torch::Tensor> VideoModel::forward(const torch::Tensor& x, const std::vector<std::string>& wanted,
                                               const PassOptions& options) const {
  Stream stream = streams_.front();
  std::vector<std::string> names;
  for (const VideoLayer& layer : stream.layers) names.push_back(layer.name);
  const std::vector<size_t> places = places_of(wanted, names);
  const size_t last = layers_for(places);
  VideoShape shape = stream.layers.front().in;
  torch::Tensor h = x;
  if (shape.channels == 2) h = torch::zeros({x.size(0), 2, x.size(2), x.size(3)}, x.options());
  h = h.unsqueeze(1).expand({h.size(0), shape.frames, h.size(1), h.size(2), h.size(3)}).flatten(0, 1);
  shape.height = x.size(2);
  shape.width = x.size(3);
  if (std::any_of(stream.layers.begin(), stream.layers.begin() + static_cast<ptrdiff_t>(last),
                  [](const VideoLayer& layer) { return layer.op == VideoOp::kFlat; }) &&
      (shape.height != height_ || shape.width != width_))
    throw Error("look at", "a picture",
                fmt::format("it is {}x{}, and beyond `flat` this network takes {}x{}", shape.width,
                            shape.height, width_, height_));
  Pass pass(parameters_.cut_constant(), parameters_.cut_buffers(), false, {}, options);
  std::vector<torch::Tensor> all;
  for (size_t i = 0; i < last; ++i) {
    VideoLayer& layer = stream.layers[i];
    h = pass.run(layer, h);
    all.push_back(by_clip(h, layer.out.frames).mean(1));
  }
  return at_places(all, places);
}

std::vector<LayerInfo> VideoModel::layers(int64_t height, int64_t width) const {
  std::vector<LayerInfo> all;
  LayerInfo at{"", 3, height, width, 1, 1};
  for (const VideoLayer& layer : streams_.front().layers) {
    const auto step = static_cast<int64_t>(at.step);
    const bool maps = layer.out.height > 1 || layer.out.width > 1;
    if (!maps && at.height * at.width > 1) {
      at = {"", 0, 1, 1, std::max(height, width), static_cast<double>(std::max(height, width))};
    } else if (layer.op == VideoOp::kMax) {
      at.receptive += (layer.kernel - 1) * step;
      at.step *= layer.kernel;
      at.height /= layer.kernel;
      at.width /= layer.kernel;
    } else if (layer.channels > 0 && maps) {
      // a memory's state passes two convolutions from each frame to the next
      const bool memory = layer.op == VideoOp::kGru || layer.op == VideoOp::kBothWays;
      const int64_t passes = memory ? 2 * layer.in.frames - 1 : 1;
      at.receptive += (layer.kernel - 1) * step * passes;
    }
    at.name = layer.name;
    at.channels = layer.out.channels;
    all.push_back(at);
  }
  return all;
}

TensorFile VideoModel::tensors() const {
  TensorFile file;
  write_parameters(parameters_, file);
  write_training_input(input, file);
  file.metadata["family"] = family();
  file.metadata["frames"] = std::to_string(settings_.frames);
  file.metadata["input"] = video_input_words()[static_cast<size_t>(settings_.input)];
  if (settings_.fusion == VideoFusion::kSvm) file.metadata["fusion"] = "svm";
  file.metadata["layers"] = join(settings_.layers, ", ");
  if (!settings_.flow_layers.empty()) file.metadata["flow_layers"] = join(settings_.flow_layers, ", ");
  file.metadata["labels"] = join(labels_, "\n");
  file.metadata["height"] = std::to_string(height_);
  file.metadata["width"] = std::to_string(width_);
  return file;
}

torch::Tensor VideoModel::first_kernels(bool of_flow) const {
  const std::vector<torch::Tensor> all = parameters_.cut_constant();
  size_t at = 0;
  for (const Stream& stream : streams_) {
    const auto first = std::find_if(stream.layers.begin(), stream.layers.end(), [](const VideoLayer& layer) {
      Layouts own;
      add_layer("", layer, own);
      return own.learned.size() > 0;
    });
    const bool convolution =
        first != stream.layers.end() && (first->op == VideoOp::kConvolution || first->op == VideoOp::kVolume);
    if (convolution && (stream.layers.front().in.channels == 2) == of_flow) return all[at];
    while (at < all.size() && parameters_.slices()[at].name != stream.prefix + kScores + ".bias") ++at;
    ++at;
  }
  return {};
}

const VideoModel& as_video(const Model& model, std::string_view doing) {
  if (const auto* video = dynamic_cast<const VideoModel*>(&model)) return *video;
  throw Error(std::string(doing), "this model", fmt::format("its family is '{}', not video", model.family()));
}

}  // namespace reverie
