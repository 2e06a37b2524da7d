#include "models/caffe/build.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <map>
#include <numeric>
#include <set>

#include "core/error.h"
#include "core/text.h"
#include "models/graph/ops.h"

namespace reverie {
namespace {

using Kind = CaffeParameter::Kind;

constexpr int64_t kMostParameters = int64_t{1} << 29;
constexpr size_t kMostOutputs = size_t{1} << 34;  // of one layer
constexpr int64_t kLargestPicture = 8192;
constexpr int kNone = -2;  // no node; -1 is the picture

bool is_data(const CaffeLayer& layer) {
  static const std::set<std::string> types = {"Data",       "ImageData", "HDF5Data", "MemoryData",
                                              "WindowData", "DummyData", "Input"};
  return types.contains(layer.type);
}

bool is_loss(const CaffeLayer& layer) {
  static const std::set<std::string> types = {"SoftmaxWithLoss", "Accuracy", "ArgMax", "Silence",
                                              "HDF5Output"};
  return types.contains(layer.type) || layer.type.ends_with("Loss");
}

Extent extent(const CaffeSize& size) {
  return {size.height, size.width};
}

// The picture that a net sees.
struct Picture {
  std::string blob;
  int64_t channels = 3, height = 0, width = 0;  // sides are 0 where the file does not say them
  const CaffeLayer* data = nullptr;
};

Picture picture_of_shape(const std::string& blob, const std::vector<int64_t>& shape) {
  Picture picture{blob};
  if (shape.size() == 4) {
    picture.channels = shape[1];
    picture.height = shape[2];
    picture.width = shape[3];
  }
  return picture;
}

// What comes from outside as plain blobs, in the order of the file's shapes.
std::vector<std::string> input_blobs(const CaffeNet& net) {
  std::vector<std::string> blobs = net.inputs;
  for (const CaffeLayer& layer : net.layers) {
    if (layer.type == "Input") blobs.insert(blobs.end(), layer.tops.begin(), layer.tops.end());
  }
  return blobs;
}

Picture find_picture(const CaffeNet& net) {
  std::optional<Picture> found;
  const std::vector<std::string> blobs = input_blobs(net);
  for (size_t i = 0; i < blobs.size(); ++i) {
    const bool known = i < net.input_shapes.size();
    const Picture picture = known ? picture_of_shape(blobs[i], net.input_shapes[i]) : Picture{blobs[i]};
    const bool coloured = known && net.input_shapes[i].size() == 4 && picture.channels == 3;
    if (!found || (coloured && found->channels != 3)) found = picture;
  }
  for (const CaffeLayer& layer : net.layers) {
    if (found || !is_data(layer) || !layer.in_testing || layer.tops.empty()) continue;
    const int64_t crop = layer.transform ? layer.transform->crop : 0;
    found = Picture{layer.tops[0], 3, crop, crop, &layer};
  }
  if (!found) throw Error("run", net.file, "it says nowhere where its pictures come from");
  if (found->channels != 3)
    throw Error("run", net.file, fmt::format("its pictures have {} channels, not 3", found->channels));
  const auto absurd = [](int64_t side) { return side < 0 || side > kLargestPicture; };
  if (absurd(found->height) || absurd(found->width))
    throw Error("run", net.file, fmt::format("its pictures are {}x{}", found->width, found->height));
  return *found;
}

class Builder {
 public:
  Builder(const CaffeNet& net, const TensorFile* weights, const Picture& picture)
      : net_(net), weights_(weights), picture_({1, 3, picture.height, picture.width}) {
    now_[picture.blob] = -1;
    result_.data = picture.data;
    result_.graph.side = std::min(picture.height, picture.width);
  }

  CaffeGraph build() {
    for (const CaffeLayer& layer : net_.layers) {
      if (layer.in_testing && !is_data(layer)) take(layer);
    }
    if (result_.graph.nodes.empty()) throw Error("run", net_.file, "it has no layers");
    find_scores();
    return std::move(result_);
  }

 private:
  using Method = GraphOp (Builder::*)(const CaffeLayer&);

  [[noreturn]] void fail(const CaffeLayer& layer, const std::string& why) const {
    throw Error("run", net_.file,
                fmt::format("layer {} ({}, line {}): {}", in_quotes(layer.name), printable(layer.type),
                            layer.line, why));
  }

  static const std::map<std::string, Method>& methods() {
    static const std::map<std::string, Method> all = {
        {"AbsVal", &Builder::activation},
        {"BatchNorm", &Builder::batch_norm},
        {"Bias", &Builder::scale},
        {"Concat", &Builder::concat},
        {"Convolution", &Builder::convolution},
        {"Crop", &Builder::crop},
        {"Deconvolution", &Builder::deconvolution},
        {"Dropout", &Builder::identity},
        {"ELU", &Builder::activation},
        {"Eltwise", &Builder::eltwise},
        {"Flatten", &Builder::flatten},
        {"InnerProduct", &Builder::inner_product},
        {"LRN", &Builder::normalise},
        {"PReLU", &Builder::prelu},
        {"Pooling", &Builder::pool},
        {"Power", &Builder::power},
        {"ReLU", &Builder::activation},
        {"Reshape", &Builder::reshape},
        {"Scale", &Builder::scale},
        {"Sigmoid", &Builder::activation},
        {"Softmax", &Builder::softmax},
        {"Split", &Builder::identity},
        {"TanH", &Builder::activation},
    };
    return all;
  }

  void take(const CaffeLayer& layer) {
    inputs_.clear();
    for (const std::string& bottom : layer.bottoms) inputs_.push_back(find(layer, bottom));
    if (layer.type == "SoftmaxWithLoss" && !inputs_.empty()) softmax_input_ = inputs_[0];
    if (is_loss(layer)) return;
    const auto method = methods().find(layer.type);
    if (method == methods().end() && layer.type != "Slice") fail(layer, "layers of this type cannot be run");
    if (inputs_.empty() || std::find(inputs_.begin(), inputs_.end(), kNone) != inputs_.end())
      fail(layer, inputs_.empty() ? "it has no bottom" : "its bottom is not a picture, nor made from one");
    if (layer.tops.empty()) fail(layer, "it has no top");
    if (layer.type == "Slice") return slice(layer);
    const bool many = layer.type == "Concat" || layer.type == "Eltwise" || layer.type == "Crop";
    if (!many && inputs_.size() != 1) fail(layer, fmt::format("it has {} bottoms", inputs_.size()));
    if (layer.type != "Split" && layer.tops.size() != 1)
      fail(layer, fmt::format("it has {} tops", layer.tops.size()));
    const int node =
        add(layer, layer.name.empty() ? layer.tops[0] : layer.name, (this->*method->second)(layer));
    for (const std::string& top : layer.tops) now_[top] = node;
  }

  // Blobs of data layers other than the picture, such as labels, are none.
  int find(const CaffeLayer& layer, const std::string& blob) const {
    const auto it = now_.find(blob);
    if (it != now_.end()) return it->second;
    const auto makes = [&](const CaffeLayer& l) {
      return is_data(l) && std::find(l.tops.begin(), l.tops.end(), blob) != l.tops.end();
    };
    const bool outside = std::find(net_.inputs.begin(), net_.inputs.end(), blob) != net_.inputs.end() ||
                         std::any_of(net_.layers.begin(), net_.layers.end(), makes);
    if (!outside && !is_loss(layer)) fail(layer, "no layer before it makes its bottom " + in_quotes(blob));
    return kNone;
  }

  // The name, or NAME-2 and so on: Caffe allows several layers of one name.
  std::string free_name(const std::string& name) {
    std::string free = name;
    for (int& copies = copies_[name]; !names_.insert(free).second;)
      free = fmt::format("{}-{}", name, ++copies + 1);
    return free;
  }

  int add(const CaffeLayer& layer, const std::string& name, GraphOp op) {
    GraphNode node{free_name(name), std::move(op), inputs_};
    std::vector<Shape> from;
    for (const int input : inputs_) from.push_back(shape_of(input));
    Shape shape;
    try {
      shape = std::visit(OpShape{result_.graph.parameters.slices(), node, from}, node.op);
    } catch (const WrongSize& wrong) {
      fail(layer, wrong.why);
    } catch (const Error& error) {
      fail(layer, error.what());
    }
    if (element_count(shape).value_or(kMostOutputs) >= kMostOutputs)
      fail(layer, "its output would be " + shape_text(shape));
    result_.graph.nodes.push_back(std::move(node));
    shapes_.push_back(std::move(shape));
    return static_cast<int>(shapes_.size()) - 1;
  }

  const Shape& shape_of(int node) const { return node < 0 ? picture_ : shapes_[static_cast<size_t>(node)]; }
  const Shape& input_shape() const { return shape_of(inputs_[0]); }

  int64_t channels(const CaffeLayer& layer) const {
    if (input_shape().size() < 2) fail(layer, "its input has no channels: " + shape_text(input_shape()));
    return input_shape()[1];
  }

  int parameter(const CaffeLayer& layer, Kind kind, int blob, const std::string& name,
                std::vector<int64_t> shape, int64_t fan_in = 1) {
    const std::optional<size_t> count = element_count(shape);
    const int64_t all = result_.graph.parameters.size();
    if (!count || *count == 0 || static_cast<int64_t>(*count) > kMostParameters - all)
      fail(layer,
           fmt::format("its weights would be {}, more than the 2 GB that a net may have", shape_text(shape)));
    require(layer, kind, name, *count);
    result_.graph.parameters.add(layer.name + "." + name, std::move(shape), static_cast<int>(fan_in));
    result_.parameters.push_back({kind, layer.name, blob, layer.epsilon});
    return static_cast<int>(result_.parameters.size()) - 1;
  }

  // That the weights have so many numbers for it.
  void require(const CaffeLayer& layer, Kind kind, const std::string& name, size_t count) const {
    if (weights_ == nullptr) return;
    const bool folded = kind == Kind::kNormScale || kind == Kind::kNormShift;
    std::string key = layer.name + "." + name;
    if (folded && !weights_->has(key)) key = layer.name + ".weight";
    if (!weights_->has(key)) fail(layer, fmt::format("{} has no {} of it", weights_->name, name));
    const Tensor& tensor = weights_->get(key);
    if (tensor.data.size() != count)
      fail(layer, fmt::format("it has {} numbers as {}, and {} has {}", count, name, weights_->name,
                              shape_text(tensor.shape)));
  }

  int bias(const CaffeLayer& layer, bool has, int64_t count) {
    return has ? parameter(layer, Kind::kZero, 1, "bias", {count}) : -1;
  }

  GraphOp convolution(const CaffeLayer& layer) {
    const CaffeConvolution& c = *layer.convolution;
    const int64_t in = grouped(layer, c.outputs, c.group) / c.group;
    ConvolutionOp op;
    op.stride = extent(c.stride);
    op.dilation = extent(c.dilation);
    op.pad_before = op.pad_after = extent(c.pad);
    op.group = c.group;
    op.weight = parameter(layer, Kind::kFilter, 0, "weight", {c.outputs, in, c.kernel.height, c.kernel.width},
                          in * c.kernel.height * c.kernel.width);
    op.bias = bias(layer, c.has_bias, c.outputs);
    return op;
  }

  GraphOp deconvolution(const CaffeLayer& layer) {
    const CaffeConvolution& c = *layer.convolution;
    const int64_t in = grouped(layer, c.outputs, c.group);
    DeconvolutionOp op;
    op.stride = extent(c.stride);
    op.dilation = extent(c.dilation);
    op.pad = extent(c.pad);
    op.group = c.group;
    const int64_t taps = int64_t{c.kernel.height} * c.kernel.width;
    const int64_t steps = int64_t{c.stride.height} * c.stride.width;
    op.weight = parameter(layer, Kind::kFilter, 0, "weight",
                          {in, c.outputs / c.group, c.kernel.height, c.kernel.width},
                          std::max<int64_t>(1, in / c.group * taps / steps));
    op.bias = bias(layer, c.has_bias, c.outputs);
    return op;
  }

  int64_t grouped(const CaffeLayer& layer, int64_t outputs, int64_t group) const {
    const int64_t in = channels(layer);
    if (in % group != 0 || outputs % group != 0)
      fail(layer, fmt::format("{} channels to {} make no {} groups", in, outputs, group));
    return in;
  }

  GraphOp inner_product(const CaffeLayer& layer) {
    const CaffeInnerProduct& p = *layer.inner_product;
    if (layer.axis != 1) fail(layer, fmt::format("axis {} is not supported", layer.axis));
    const Shape& from = input_shape();
    if (from.size() < 2) fail(layer, "its input is " + shape_text(from));
    const int64_t in = std::accumulate(from.begin() + 1, from.end(), int64_t{1}, std::multiplies<>());
    const Kind kind = p.transposed ? Kind::kTransposed : Kind::kFilter;
    DenseOp op;
    op.weight = parameter(layer, kind, 0, "weight", {p.outputs, in}, in);
    op.bias = bias(layer, p.has_bias, p.outputs);
    return op;
  }

  GraphOp pool(const CaffeLayer& layer) {
    const CaffePooling& p = *layer.pooling;
    PoolOp op;
    op.method = p.method == CaffePoolMethod::kMax ? PoolOp::Method::kMax : PoolOp::Method::kMean;
    op.kernel = extent(p.kernel);
    op.stride = extent(p.stride);
    op.pad = extent(p.pad);
    op.round_up = p.round_up;
    op.global = p.global;
    return op;
  }

  GraphOp activation(const CaffeLayer& layer) {
    using Activation = ActivationOp::Kind;
    ActivationOp op;
    if (layer.type == "ReLU") op.slope = layer.negative_slope;
    if (layer.type == "ELU") op = {Activation::kElu, layer.alpha};
    if (layer.type == "TanH") op.kind = Activation::kTanh;
    if (layer.type == "Sigmoid") op.kind = Activation::kSigmoid;
    if (layer.type == "AbsVal") op.kind = Activation::kAbs;
    return op;
  }

  GraphOp prelu(const CaffeLayer& layer) {
    ActivationOp op{ActivationOp::Kind::kPrelu};
    op.weight = parameter(layer, Kind::kSlope, 0, "weight", {layer.shared ? 1 : channels(layer)});
    return op;
  }

  GraphOp softmax(const CaffeLayer& layer) {
    softmax_input_ = inputs_[0];
    ActivationOp op{ActivationOp::Kind::kSoftmax};
    op.axis = layer.axis;
    return op;
  }

  GraphOp power(const CaffeLayer& layer) {
    return PowerOp{layer.power->power, layer.power->scale, layer.power->shift};
  }

  GraphOp normalise(const CaffeLayer& layer) {
    const CaffeNormalisation& n = *layer.normalisation;
    // within a channel, Caffe does not look at k
    return NormaliseOp{n.size, n.alpha, n.beta, n.within_channel ? 1.0 : n.k, n.within_channel};
  }

  GraphOp batch_norm(const CaffeLayer& layer) {
    const int64_t count = channels(layer);
    ScaleOp op;
    op.scale = parameter(layer, Kind::kNormScale, 0, "scale", {count});
    op.shift = parameter(layer, Kind::kNormShift, 1, "shift", {count});
    return op;
  }

  // Scale and Bias.
  GraphOp scale(const CaffeLayer& layer) {
    if (layer.axis != 1 || layer.axes != 1) fail(layer, "only one number per channel is supported");
    const int64_t count = channels(layer);
    ScaleOp op;
    if (layer.type == "Bias") {
      op.shift = parameter(layer, Kind::kZero, 0, "weight", {count});
      return op;
    }
    op.scale = parameter(layer, Kind::kOne, 0, "weight", {count});
    op.shift = bias(layer, layer.has_bias, count);
    return op;
  }

  GraphOp concat(const CaffeLayer& layer) { return ConcatOp{layer.axis}; }

  GraphOp eltwise(const CaffeLayer& layer) {
    CombineOp op;
    const CaffeCombine combine = layer.eltwise->combine;
    if (combine == CaffeCombine::kProduct) op.kind = CombineOp::Kind::kProduct;
    if (combine == CaffeCombine::kMax) op.kind = CombineOp::Kind::kMax;
    const std::vector<float>& all = layer.eltwise->coefficients;
    if (combine == CaffeCombine::kSum) op.coefficients.assign(all.begin(), all.end());
    return op;
  }

  GraphOp crop(const CaffeLayer& layer) { return CropOp{layer.axis, layer.cuts}; }

  GraphOp reshape(const CaffeLayer& layer) {
    return ReshapeOp{layer.reshape->shape, layer.reshape->axis, layer.reshape->axes};
  }

  GraphOp flatten(const CaffeLayer& layer) { return FlattenOp{layer.axis, layer.end_axis}; }

  GraphOp identity(const CaffeLayer& /*layer*/) { return IdentityOp{}; }

  // A node for each part, LAYER/TOP.
  void slice(const CaffeLayer& layer) {
    const Shape& from = input_shape();
    const int64_t axis = layer.axis < 0 ? layer.axis + static_cast<int64_t>(from.size()) : layer.axis;
    if (inputs_.size() != 1 || axis < 0 || axis >= static_cast<int64_t>(from.size()))
      fail(layer, fmt::format("it cannot be cut along axis {}", layer.axis));
    const int64_t all = from[static_cast<size_t>(axis)];
    const auto parts = static_cast<int64_t>(layer.tops.size());
    std::vector<int64_t> cuts = layer.cuts;
    if (cuts.empty() && all % parts != 0)
      fail(layer, fmt::format("{} channels make no {} parts", all, parts));
    if (cuts.empty()) {
      for (int64_t i = 1; i < parts; ++i) cuts.push_back(i * all / parts);
    }
    if (cuts.size() + 1 != layer.tops.size())
      fail(layer, fmt::format("{} cuts make no {} parts", cuts.size(), parts));
    cuts.insert(cuts.begin(), 0);
    cuts.push_back(all);
    std::map<std::string, int> made;
    for (size_t i = 0; i + 1 < cuts.size(); ++i)
      made[layer.tops[i]] = add(layer, layer.name + "/" + layer.tops[i], SliceOp{axis, cuts[i], cuts[i + 1]});
    for (const auto& [top, node] : made) now_[top] = node;
  }

  // The input of the last softmax, or what comes last, where it is one number per label.
  void find_scores() {
    const int last = static_cast<int>(shapes_.size()) - 1;
    const int node = softmax_input_ >= 0 ? softmax_input_ : last;
    const Shape& shape = shapes_[static_cast<size_t>(node)];
    if (shape.size() < 2 || shape[1] < 2 || element_count(shape) != static_cast<size_t>(shape[1])) return;
    result_.graph.scores = result_.graph.nodes[static_cast<size_t>(node)].name;
    result_.score_count = shape[1];
  }

  const CaffeNet& net_;
  const TensorFile* weights_;
  const Shape picture_;
  CaffeGraph result_;
  std::map<std::string, int> now_;  // which node is in a blob
  std::set<std::string> names_;
  std::map<std::string, int> copies_;
  std::vector<Shape> shapes_;  // of the nodes
  std::vector<int> inputs_;    // of the layer that is taken
  int softmax_input_ = kNone;
};

}  // namespace

CaffeGraph build_caffe(const CaffeNet& net, const TensorFile* weights) {
  Picture picture = find_picture(net);
  if (picture.height > 0 && picture.width > 0) return Builder(net, weights, picture).build();
  // the usual ones, then the one that the fully connected layers were made for
  std::vector<int64_t> sides = {224, 227, 256, 299};
  for (int64_t side = 1; side <= 512 && weights != nullptr; ++side) sides.push_back(side);
  std::optional<Error> first;
  for (const int64_t side : sides) {
    picture.height = picture.width = side;
    try {
      return Builder(net, weights, picture).build();
    } catch (const Error& error) {
      if (!first) first = error;
    }
  }
  throw Error(*first);
}

}  // namespace reverie
