#include "models/video/layers.h"

#include <fmt/format.h>

#include <map>

#include "core/error.h"
#include "core/text.h"
#include "models/layer_words.h"

namespace reverie {
namespace {

constexpr int kMostChannels = 16384;
constexpr int kLargestKernel = 31;

const std::vector<std::string>& ops() {
  static const std::vector<std::string> all = {"conv", "conv3d",  "max",   "mean", "flat", "middle", "ends",
                                               "fuse", "dropout", "dense", "lstm", "gru",  "bigru"};
  return all;
}

int odd_kernel(const LayerWords& words, size_t i) {
  const int kernel = whole_number(words, i, kLargestKernel, 3);
  if (kernel % 2 == 0) fail_at_layer(words.text, "the side of a kernel is odd");
  return kernel;
}

void read_numbers(const LayerWords& words, VideoLayer& layer) {
  switch (layer.op) {
    case VideoOp::kConvolution:
      check_count(words, 1, 4);
      layer.channels = whole_number(words, 0, kMostChannels);
      layer.kernel = odd_kernel(words, 1);
      layer.frames = whole_number(words, 2, kMostSeenFrames, 1);
      layer.step = whole_number(words, 3, kMostSeenFrames, 1);
      return;
    case VideoOp::kVolume:
      check_count(words, 1, 2);
      layer.channels = whole_number(words, 0, kMostChannels);
      layer.frames = layer.kernel = odd_kernel(words, 1);
      return;
    case VideoOp::kMax:
      check_count(words, 1, 2);
      layer.kernel = whole_number(words, 0, kLargestKernel);
      layer.frames = whole_number(words, 1, kMostSeenFrames, 1);
      return;
    case VideoOp::kDropout: {
      check_count(words, 1, 1);
      layer.share = to_number(words.numbers[0]).value_or(-1);
      if (!(layer.share >= 0 && layer.share < 1))
        fail_at_layer(words.text, "it takes a share from 0 to below 1");
      return;
    }
    case VideoOp::kDense:
    case VideoOp::kLstm:
      check_count(words, 1, 1);
      layer.channels = whole_number(words, 0, kMostChannels);
      return;
    case VideoOp::kGru:
    case VideoOp::kBothWays:
      check_count(words, 1, 2);
      layer.channels = whole_number(words, 0, kMostChannels);
      layer.kernel = odd_kernel(words, 1);
      return;
    default:
      check_count(words, 0, 0);
  }
}

// What it makes of what it gets.
VideoShape shape_after(const VideoLayer& layer, const VideoShape& in) {
  VideoShape out = in;
  const auto fail = [&](const std::string& why) { throw Error("use the layer", layer.name, why); };
  const auto need_map = [&] {
    if (in.height == 1 && in.width == 1 && layer.kernel > 1) fail("it gets no map, but numbers");
  };
  const auto need_numbers = [&] {
    if (in.height > 1 || in.width > 1) fail("it gets maps: put mean or flat before it");
  };
  switch (layer.op) {
    case VideoOp::kConvolution:
      if (in.frames < layer.frames)
        fail(fmt::format("it looks at {} frames together and gets {}", layer.frames, in.frames));
      out.frames = (in.frames - layer.frames) / layer.step + 1;
      out.channels = layer.channels;
      break;
    case VideoOp::kVolume:
    case VideoOp::kGru:
      out.channels = layer.channels;
      break;
    case VideoOp::kBothWays:
      out.channels = int64_t{2} * layer.channels;
      break;
    case VideoOp::kMax:
      need_map();
      out.height /= layer.kernel;
      out.width /= layer.kernel;
      out.frames /= layer.frames;
      if (out.height < 1 || out.width < 1 || out.frames < 1)
        fail(fmt::format("{} frames of {}x{} are too few for it", in.frames, in.width, in.height));
      break;
    case VideoOp::kMean:
      out.height = out.width = 1;
      break;
    case VideoOp::kFlat:
      out = {in.features(), in.frames, 1, 1};
      break;
    case VideoOp::kMiddle:
      out.frames = 1;
      break;
    case VideoOp::kEnds:
      if (in.frames < 2) fail("there is only one frame");
      out.frames = 2;
      break;
    case VideoOp::kFuse:
      out.channels *= in.frames;
      out.frames = 1;
      break;
    case VideoOp::kDropout:
      break;
    case VideoOp::kDense:
    case VideoOp::kLstm:
      need_numbers();
      out.channels = layer.channels;
      break;
  }
  return out;
}

}  // namespace

std::vector<VideoLayer> parse_video(const std::vector<std::string>& words) {
  std::vector<VideoLayer> layers;
  std::map<std::string, int> counts;
  for (const std::string& text : words) {
    const LayerWords parsed = parse_layer_words(text, ops());
    VideoLayer layer;
    layer.op = static_cast<VideoOp>(parsed.op);
    const std::string& word = ops()[parsed.op];
    layer.name = fmt::format("{}{}", word, ++counts[word]);
    read_numbers(parsed, layer);
    layers.push_back(layer);
  }
  if (layers.empty()) throw Error("build", "a network", "its list of layers is empty");
  return layers;
}

void fit_layers(std::vector<VideoLayer>& layers, VideoShape shape) {
  for (VideoLayer& layer : layers) {
    layer.in = shape;
    shape = layer.out = shape_after(layer, shape);
  }
  if (shape.height > 1 || shape.width > 1)
    throw Error("build", "the network", "its layers end with maps: end them with mean or flat");
}

}  // namespace reverie
