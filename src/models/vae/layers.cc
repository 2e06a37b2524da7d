#include "models/vae/layers.h"

#include <fmt/format.h>

#include "core/error.h"
#include "core/limits.h"
#include "models/layer_words.h"

namespace reverie {
namespace {

constexpr size_t kMostLayers = 100;
constexpr int kMostNumbers = 1 << 20;  // of a dense layer
constexpr int kLargestStride = 8;
constexpr size_t kMostFiner = 8;

const std::vector<std::string>& op_words() {
  static const std::vector<std::string> words = {"conv", "deconv", "shuffle", "residual", "up", "dense"};
  return words;
}

// What goes from one layer to the next; height and width 0: any.
struct Shape {
  int channels = 3, height = 0, width = 0;
  bool flat = false;

  int64_t numbers() const { return flat ? channels : int64_t{1} * channels * height * width; }
};

VaeLayer read_layer(const std::string& text, const std::string& name) {
  const LayerWords words = parse_layer_words(text, op_words());
  VaeLayer layer;
  layer.name = name;
  layer.op = static_cast<VaeOp>(words.op);
  switch (layer.op) {
    case VaeOp::kConvolution:
    case VaeOp::kTransposed:
      check_count(words, 1, 3);
      layer.upper = whole_number(words, 0, kMostChannels);
      layer.kernel = whole_number(words, 1, kLargestKernel, 3);
      layer.stride = whole_number(words, 2, kLargestStride, layer.op == VaeOp::kConvolution ? 1 : 2);
      if (layer.kernel < layer.stride) fail_at_layer(text, "its kernel is smaller than its stride");
      break;
    case VaeOp::kShuffle:
      check_count(words, 1, 2);
      layer.upper = whole_number(words, 0, kMostChannels);
      layer.kernel = whole_number(words, 1, kLargestKernel, 3);
      layer.stride = 2;
      break;
    case VaeOp::kDense:
      check_count(words, 1, 1);
      layer.upper = whole_number(words, 0, kMostNumbers);
      break;
    case VaeOp::kResidual:
      check_count(words, 0, 0);
      break;
    case VaeOp::kUp:
      check_count(words, 0, 0);
      layer.stride = 2;
      break;
  }
  return layer;
}

// The shape above the layer; fills in what the one below says.
Shape grow(VaeLayer& layer, const Shape& below, const std::string& text) {
  if (below.flat && layer.op != VaeOp::kDense) fail_at_layer(text, "after dense there are dense layers only");
  Shape above = below;
  layer.lower = below.channels;
  if (layer.upper == 0) layer.upper = below.channels;
  above.channels = layer.upper;
  switch (layer.op) {
    case VaeOp::kConvolution:
      above.height = (below.height + layer.stride - 1) / layer.stride;
      above.width = (below.width + layer.stride - 1) / layer.stride;
      break;
    case VaeOp::kTransposed:
    case VaeOp::kShuffle:
    case VaeOp::kUp:
      above.height = below.height * layer.stride;
      above.width = below.width * layer.stride;
      break;
    case VaeOp::kDense:
      if (below.numbers() < 1 || below.numbers() > kMostNumbers)
        fail_at_layer(text, "it needs spatial = false, and a picture of at most a million numbers below it");
      layer.lower = static_cast<int>(below.numbers());
      above = {layer.upper, 0, 0, true};
      break;
    case VaeOp::kResidual:
      break;
  }
  return above;
}

VaeLayer mirrored(const VaeLayer& up, const Shape& below, const std::string& name) {
  VaeLayer down = up;
  down.name = name;
  down.lower = up.upper;
  down.upper = up.lower;
  if (up.op == VaeOp::kConvolution) down.op = VaeOp::kTransposed;
  if (up.op != VaeOp::kResidual && !below.flat) {
    down.height = below.height;
    down.width = below.width;
  }
  return down;
}

// What its layers make pictures larger by.
int growth(const std::vector<VaeLayer>& decoder) {
  int grown = 1;
  for (const VaeLayer& layer : decoder) grown *= makes_larger(layer) ? layer.stride : 1;
  return grown;
}

void check_last(const VaeLayers& layers, const Shape& last, const VaeSettings& settings) {
  const std::string what = settings.encoder.empty() ? "a generator" : "a VAE";
  const auto fail = [&](const std::string& why) { throw Error("build", what, why); };
  if (layers.decoder.empty()) fail("it has no layers");
  if (settings.decoder.empty()) return;
  if (layers.decoder.back().op == VaeOp::kResidual || layers.decoder.back().op == VaeOp::kUp)
    fail("it must end in conv, deconv or dense");
  const int channels = settings.channels();
  if (last.flat ? last.channels != channels * settings.width * settings.height : last.channels != channels)
    fail(fmt::format("it ends with {} channels, not {}", last.channels,
                     last.flat ? channels * settings.width * settings.height : channels));
  const int grown = growth(layers.decoder);
  if (!last.flat && grown != layers.shrink)
    fail(fmt::format("its encoder makes pictures {} times smaller, its decoder {} times larger",
                     layers.shrink, grown));
}

void check_size(const VaeSettings& settings, const std::string& what) {
  if (!settings.spatial && (settings.width < 1 || settings.height < 1))
    throw Error("build", what, "one code vector for a picture needs the picture's size",
                "size = \"320x180\"");
}

// A generator's codes become `top` channels at as many places as its layers then make the picture of.
Shape begin_generator(const VaeSettings& settings, VaeLayers& layers) {
  std::vector<VaeLayer> decoder;
  for (const std::string& text : settings.decoder) decoder.push_back(read_layer(text, ""));
  if (decoder.empty()) throw Error("build", "a generator", "it has no layers");
  if (settings.top < 1) throw Error("build", "a generator", "top is missing: the channels of its codes");
  check_size(settings, "a generator");
  layers.top = settings.top;
  layers.shrink = growth(decoder);
  if (decoder[0].op == VaeOp::kDense) return {settings.top, 0, 0, true};
  if (settings.width % layers.shrink != 0 || settings.height % layers.shrink != 0)
    throw Error("build", "a generator",
                fmt::format("pictures of {}x{} cannot be {} times as large as what the codes become",
                            settings.width, settings.height, layers.shrink));
  layers.top_height = settings.height / layers.shrink;
  layers.top_width = settings.width / layers.shrink;
  return {settings.top, layers.top_height, layers.top_width};
}

struct Down {
  VaeLayers layers;
  std::vector<Shape> below;  // each layer
  Shape top;
};

Down go_down(const VaeSettings& settings, const std::string& name) {
  if (settings.encoder.empty()) throw Error("build", "a network", "it has no layers");
  check_size(settings, "a network");
  Down down;
  down.top.channels = settings.channels() + settings.planes;
  if (!settings.spatial) down.top = {down.top.channels, settings.height, settings.width};
  for (const std::string& text : settings.encoder) {
    VaeLayer layer = read_layer(text, fmt::format("{}{}", name, down.layers.encoder.size() + 1));
    if (makes_larger(layer))
      fail_at_layer(text, "it makes pictures larger, and these layers make them smaller");
    down.below.push_back(down.top);
    down.top = grow(layer, down.top, text);
    if (layer.op == VaeOp::kConvolution) down.layers.shrink *= layer.stride;
    down.layers.encoder.push_back(layer);
  }
  down.layers.top = down.top.channels;
  down.layers.top_height = down.top.height;
  down.layers.top_width = down.top.width;
  return down;
}

// Kingma, Mohamed, Rezende and Welling 2014, "Semi-supervised Learning with Deep Generative Models".
void check_conditional(const VaeSettings& settings) {
  const auto fail = [](const std::string& why, const std::string& what_to_do) {
    throw Error("build", "a conditional VAE", why, what_to_do);
  };
  if (settings.spatial)
    fail("its label belongs to one code vector, and its codes are a grid", "spatial = false");
  if (settings.tied) fail("tied weights have no place for the label", "tied = false");
  if (settings.norm == VaeNorm::kStyle) fail("it knows no styles", "norm = \"batch\"");
}

// Residual sums keep weights of their own: nothing of them is turned round.
void tie(const VaeSettings& settings, VaeLayers& layers) {
  const auto fail = [](const std::string& why) { throw Error("build", "a VAE with tied weights", why); };
  if (!settings.decoder.empty()) fail("its decoder is not the encoder mirrored");
  if (!settings.mirrored_kernels) fail("the kernels of its decoder are not the encoder's");
  if (settings.variance) fail("its last layer has no weights for a variance");
  const size_t count = layers.encoder.size();
  for (size_t i = 0; i < count; ++i) {
    VaeLayer& down = layers.decoder[count - 1 - i];
    if (down.op != VaeOp::kResidual) down.tied = layers.encoder[i].name;
  }
}

void check_number(const VaeSettings& settings) {
  if (settings.grey && settings.refiner > 0)
    throw Error("build", "a VAE of grey pictures", "a refiner takes colours", "refiner = 0");
  if (settings.encoder.size() > kMostLayers || settings.decoder.size() > kMostLayers)
    throw Error("build", "a network", fmt::format("more than {} layers", kMostLayers));
}

// Of the n-th scale above the coarsest, from 1.
std::vector<VaeLayer> parse_finer(const VaeSettings& settings, size_t n) {
  const std::string& text = settings.finer[n - 1];
  VaeSettings own;
  own.encoder = listed_layers(text);
  own.spatial = false;
  own.width = settings.width >> (settings.finer.size() - n);
  own.height = settings.height >> (settings.finer.size() - n);
  own.planes = 1 + settings.classes;
  const VaeLayers layers = parse_encoder(own, fmt::format("finer{}.layer", n));
  if (layers.shrink > 1 || layers.top_height == 0)
    fail_at_layer(text, "a finer scale has conv and residual alone, without strides");
  if (layers.top != own.channels() || layers.encoder.back().op != VaeOp::kConvolution)
    fail_at_layer(text, fmt::format("it must end in conv {}", own.channels()));
  return layers.encoder;
}

// Its coarsest scale is a generator of smaller pictures.
VaeLayers parse_scales(const VaeSettings& settings) {
  const auto fail = [](const std::string& why, const std::string& what_to_do = "") {
    throw Error("build", "a generator by scales", why, what_to_do);
  };
  const size_t count = settings.finer.size();
  if (count > kMostFiner) fail(fmt::format("more than {} finer scales", kMostFiner));
  if (settings.spatial) fail("its codes are no grid", "spatial = false");
  if (settings.norm == VaeNorm::kStyle) fail("it knows no styles", "norm = \"batch\"");
  check_size(settings, "a generator");
  if (settings.width % (1 << count) != 0 || settings.height % (1 << count) != 0)
    fail(fmt::format("pictures of {}x{} cannot be halved {} times", settings.width, settings.height, count));
  VaeSettings coarsest = settings;
  coarsest.finer.clear();
  coarsest.width >>= count;
  coarsest.height >>= count;
  VaeLayers layers = parse_vae(coarsest);
  for (size_t n = 1; n <= count; ++n) layers.finer.push_back(parse_finer(settings, n));
  return layers;
}

}  // namespace

bool makes_larger(const VaeLayer& layer) {
  return layer.op == VaeOp::kTransposed || layer.op == VaeOp::kShuffle || layer.op == VaeOp::kUp;
}

const std::vector<std::string>& vae_activation_words() {
  static const std::vector<std::string> words = {"linear", "elu",     "relu", "softplus",
                                                 "tanh",   "sigmoid", "leaky"};
  return words;
}

const std::vector<std::string>& vae_norm_words() {
  static const std::vector<std::string> words = {"none", "batch", "style"};
  return words;
}

const std::vector<std::string>& vae_padding_words() {
  static const std::vector<std::string> words = {"zero", "reflect"};
  return words;
}

VaeLayers parse_encoder(const VaeSettings& settings, const std::string& name) {
  check_number(settings);
  return go_down(settings, name).layers;
}

VaeLayers parse_vae(const VaeSettings& settings) {
  check_number(settings);
  if (!settings.finer.empty()) return parse_scales(settings);
  VaeLayers layers;
  Shape shape;
  if (settings.encoder.empty()) {
    shape = begin_generator(settings, layers);
  } else {
    const Down down = go_down(settings, "encode");
    layers = down.layers;
    shape = down.top;
    const size_t count = layers.encoder.size();
    for (size_t i = 0; settings.decoder.empty() && i < count; ++i) {
      VaeLayer layer =
          mirrored(layers.encoder[count - 1 - i], down.below[count - 1 - i], fmt::format("decode{}", i + 1));
      if (!settings.mirrored_kernels) layer.kernel = layers.encoder[i].kernel;
      layers.decoder.push_back(layer);
    }
  }
  if (settings.conditional) check_conditional(settings);
  if (settings.tied) tie(settings, layers);
  for (const std::string& text : settings.decoder) {
    VaeLayer layer = read_layer(text, fmt::format("decode{}", layers.decoder.size() + 1));
    shape = grow(layer, shape, text);
    layers.decoder.push_back(layer);
  }
  check_last(layers, shape, settings);
  if (settings.variance) layers.decoder.back().upper *= 2;
  return layers;
}

}  // namespace reverie
