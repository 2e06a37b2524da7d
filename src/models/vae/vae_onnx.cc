#include "models/vae/vae_onnx.h"

#include <fmt/format.h>

#include <algorithm>

#include "core/error.h"
#include "models/vae/refiner.h"
#include "weights/onnx_graph.h"

namespace reverie {
namespace {

using Inputs = std::vector<std::string>;
using Whole = std::vector<int64_t>;

// The passes of VaePass and VaeModel, node by node.
class VaeGraph {
 public:
  VaeGraph(const std::string& name, const VaeModel& model, VaeNorm norm)
      : graph_(name), s_(model.settings()), input_(model.input), tensors_(model.tensors()), norm_(norm) {}

  OnnxGraph& graph() { return graph_; }

  OnnxGraph::Shape shape(int64_t channels, const char* height, const char* width) const {
    if (s_.spatial) return {"N", channels, height, width};
    return {"N", channels, int64_t{s_.height}, int64_t{s_.width}};
  }

  // From a picture in 0..1 to what the network sees, and back.
  std::string seen(const std::string& picture) {
    std::string x = two("Mul", picture, graph_.number(255));
    if (input_.subtract_mean) x = two("Sub", x, mean());
    return two("Mul", x, graph_.number(input_.scale));
  }
  std::string picture(const std::string& seen) {
    std::string y = two("Div", seen, graph_.number(input_.scale));
    if (input_.subtract_mean) y = two("Add", y, mean());
    return two("Div", y, graph_.number(255));
  }

  // at: the size below the layer, which it moves above it.
  std::string run(const VaeLayer& layer, const std::string& x, LayerInfo& at, bool last) {
    const LayerInfo below = at;
    at = layer_above(at, layer, std::max(at.height, at.width));
    const VaeActivation output = s_.variance ? VaeActivation::kLinear : s_.output;
    const VaeActivation activation = last ? output : s_.activation;
    const VaeNorm norm = last && !s_.output_norm ? VaeNorm::kNone : norm_;
    switch (layer.op) {
      case VaeOp::kConvolution:
        return finish(layer.name, convolution(layer.name, x, below, layer.kernel, layer.stride), norm,
                      activation);
      case VaeOp::kTransposed:
        return finish(layer.name, transposed(layer, x, below, at), norm, activation);
      case VaeOp::kShuffle:
        return finish(layer.name,
                      graph_.node("DepthToSpace", {convolution(layer.name, x, below, layer.kernel, 1)},
                                  {{"blocksize", int64_t{2}}, {"mode", std::string("CRD")}}),
                      norm, activation);
      case VaeOp::kResidual: {
        const std::string first = layer.name + ".conv1";
        const std::string second = layer.name + ".conv2";
        const std::string inner = finish(first, convolution(first, x, below, 3, 1), norm, activation);
        return two("Add", x,
                   finish(second, convolution(second, inner, below, 3, 1), norm, VaeActivation::kLinear));
      }
      case VaeOp::kUp:
        return graph_.node("Resize", {x, "", graph_.constant("twice", {{4}, {1, 1, 2, 2}})},
                           {{"mode", std::string("nearest")},
                            {"coordinate_transformation_mode", std::string("asymmetric")},
                            {"nearest_mode", std::string("floor")}});
      case VaeOp::kDense: {
        const std::string flat = graph_.node("Flatten", {x});
        const std::string y = finish(layer.name, dense(layer.name, flat, layer.tied), norm, activation);
        return layer.height > 0
                   ? reshape(y, {-1, layer.upper / (layer.height * layer.width), layer.height, layer.width})
                   : y;
      }
    }
    return x;
  }

  // All to all; at every place of spatial codes.
  std::string dense(const std::string& name, const std::string& x, const std::string& tied = "") {
    const std::string source = (tied.empty() ? name : tied) + ".weight";
    if (!s_.spatial)
      return graph_.node("Gemm", {x, weight(source), weight(name + ".bias")},
                         {{"transB", int64_t{tied.empty()}}});
    std::string kernel = weight(source);
    if (!tied.empty()) kernel = graph_.node("Transpose", {kernel}, {{"perm", Whole{1, 0}}});
    kernel = graph_.node("Unsqueeze", {kernel, graph_.whole_numbers({2, 3})});
    return graph_.node("Conv", {x, kernel, weight(name + ".bias")}, {{"kernel_shape", Whole{1, 1}}});
  }

  void take_style(const std::string& codes) {
    const auto [mean, deviation] = statistics(codes);
    const std::string both =
        graph_.node("Concat", {mean, graph_.node("Log", {deviation})}, {{"axis", int64_t{1}}});
    style_ = graph_.node(
        "Elu",
        {graph_.node("Gemm", {graph_.node("Flatten", {both}), weight("style.weight"), weight("style.bias")},
                     {{"transB", int64_t{1}}})});
  }

  std::string finish(const std::string& name, const std::string& x, VaeNorm norm, VaeActivation activation) {
    return activated(normalised(name, x, norm), activation);
  }

  std::string activated(const std::string& x, VaeActivation activation) {
    switch (activation) {
      case VaeActivation::kLinear:
        return x;
      case VaeActivation::kElu:
        return graph_.node("Elu", {x});
      case VaeActivation::kRelu:
        return graph_.node("Relu", {x});
      case VaeActivation::kSoftplus:
        return graph_.node("Softplus", {x});
      case VaeActivation::kTanh:
        return graph_.node("Tanh", {x});
      case VaeActivation::kSigmoid:
        return graph_.node("Sigmoid", {x});
      case VaeActivation::kLeaky:
        return graph_.node("LeakyRelu", {x}, {{"alpha", kVaeLeak}});
    }
    return x;
  }

  std::string reshape(const std::string& x, const Whole& shape) {
    return graph_.node("Reshape", {x, graph_.whole_numbers(shape)});
  }

  std::string two(const std::string& op, const std::string& a, const std::string& b) {
    return graph_.node(op, {a, b});
  }

  // Not darker than black.
  std::string lit(const std::string& seen) { return two("Max", seen, this->seen(graph_.number(0))); }

  std::string convolution(const std::string& name, const std::string& x, const LayerInfo& below,
                          int64_t kernel, int64_t stride) {
    Whole before;
    Whole after;
    for (const int64_t size : {below.height, below.width}) {
      const int64_t places = (size + stride - 1) / stride;
      const int64_t border = std::max<int64_t>((places - 1) * stride + kernel - size, 0);
      before.push_back(border / 2);
      after.push_back(border - border / 2);
    }
    std::map<std::string, OnnxGraph::Attribute> attributes = {{"kernel_shape", Whole{kernel, kernel}},
                                                              {"strides", Whole{stride, stride}}};
    std::string surrounded = x;
    if (s_.padding == VaePadding::kZero) {
      attributes["pads"] = Whole{before[0], before[1], after[0], after[1]};
    } else if (std::max(after[0], after[1]) > 0) {
      surrounded = graph_.node(
          "Pad", {x, graph_.whole_numbers({0, 0, before[0], before[1], 0, 0, after[0], after[1]})},
          {{"mode", std::string("reflect")}});
    }
    return graph_.node("Conv", {surrounded, weight(name + ".weight"), weight(name + ".bias")}, attributes);
  }

 private:
  std::string weight(const std::string& name) { return graph_.constant(name, tensors_.get(name)); }

  std::string mean() {
    Tensor mean = to_plain(input_.mean);
    mean.shape.insert(mean.shape.begin(), 1);
    return graph_.constant("mean picture", mean);
  }

  std::string transposed(const VaeLayer& layer, const std::string& x, const LayerInfo& below,
                         const LayerInfo& above) {
    const int64_t s = layer.stride;
    const int64_t high = (below.height - 1) * s + layer.kernel - above.height;
    const int64_t wide = (below.width - 1) * s + layer.kernel - above.width;
    const std::string& from = layer.tied.empty() ? layer.name : layer.tied;
    return graph_.node("ConvTranspose", {x, weight(from + ".weight"), weight(layer.name + ".bias")},
                       {{"kernel_shape", Whole{layer.kernel, layer.kernel}},
                        {"strides", Whole{s, s}},
                        {"pads", Whole{high / 2, wide / 2, high - high / 2, wide - wide / 2}}});
  }

  // Mean and deviation of each channel over the picture.
  std::pair<std::string, std::string> statistics(const std::string& x) {
    const std::map<std::string, OnnxGraph::Attribute> over = {{"axes", Whole{2, 3}}};
    const std::string mean = graph_.node("ReduceMean", {x}, over);
    const std::string squares = graph_.node("ReduceMean", {two("Mul", x, x)}, over);
    const std::string variance = two("Max", two("Sub", squares, two("Mul", mean, mean)), graph_.number(0));
    return {
        mean,
        graph_.node("Sqrt", {two("Add", variance, graph_.number(kLeastVaeDeviation * kLeastVaeDeviation))})};
  }

  std::string normalised(const std::string& name, const std::string& x, VaeNorm norm) {
    if (norm == VaeNorm::kNone) return x;
    if (norm == VaeNorm::kBatch)
      return graph_.node("BatchNormalization",
                         {x, weight(name + ".norm.weight"), weight(name + ".norm.bias"),
                          weight(name + ".norm.mean"), weight(name + ".norm.variance")},
                         {{"epsilon", kVaeEpsilon}});
    const std::string both =
        graph_.node("Gemm", {style_, weight(name + ".style.weight"), weight(name + ".style.bias")},
                    {{"transB", int64_t{1}}});
    const int64_t channels = tensors_.get(name + ".style.bias").shape[0] / 2;
    const auto part = [&](int64_t begin) {
      const std::string half =
          graph_.node("Slice", {both, graph_.whole_numbers({begin}), graph_.whole_numbers({begin + channels}),
                                graph_.whole_numbers({1})});
      return graph_.node("Unsqueeze", {half, graph_.whole_numbers({2, 3})});
    };
    const auto [mean, deviation] = statistics(x);
    const std::string scale = two("Div", two("Add", part(0), graph_.number(1)), deviation);
    return two("Add", two("Mul", x, scale), two("Sub", part(channels), two("Mul", mean, scale)));
  }

  OnnxGraph graph_;
  const VaeSettings& s_;
  const InputTransform& input_;
  TensorFile tensors_;
  VaeNorm norm_;
  std::string style_;
};

// A size of pictures whose borders are those of every size that fits.
LayerInfo any_picture(const VaeModel& model) {
  const int64_t side = 64 * std::max<int64_t>(model.shrink(), 2);
  const VaeSettings& s = model.settings();
  return {"", 3, s.spatial ? side : s.height, s.spatial ? side : s.width};
}

std::vector<uint8_t> encoder_of(const VaeModel& model, const VaeLayers& layers) {
  const VaeSettings& s = model.settings();
  VaeGraph g("encoder", model, s.norm == VaeNorm::kStyle ? VaeNorm::kNone : s.norm);
  std::string h = g.seen(g.graph().input("picture", g.shape(3, "height", "width")));
  LayerInfo at = any_picture(model);
  for (const VaeLayer& layer : layers.encoder) h = g.run(layer, h, at, false);
  if (!s.spatial) h = g.graph().node("Flatten", {h});
  const OnnxGraph::Shape shape =
      s.spatial ? g.shape(s.codes, "rows", "columns") : OnnxGraph::Shape{"N", int64_t{s.codes}};
  for (const char* head : {"mean", "log_sigma"}) g.graph().output(g.dense(head, h), head, shape);
  return g.graph().bytes(
      "from a picture [N, 3, H, W], R, G, B in 0..1, to the mean and log deviation of its codes",
      vae_metadata(s));
}

std::vector<uint8_t> decoder_of(const VaeModel& model, const VaeLayers& layers) {
  const VaeSettings& s = model.settings();
  VaeGraph g("decoder", model, s.norm);
  const OnnxGraph::Shape shape =
      s.spatial ? g.shape(s.codes, "rows", "columns") : OnnxGraph::Shape{"N", int64_t{s.codes} + s.classes};
  const std::string codes = g.graph().input("codes", shape);
  if (s.norm == VaeNorm::kStyle) g.take_style(codes);
  std::string h = g.finish("decode0", g.dense("decode0", codes, s.tied ? "mean" : ""), s.norm, s.activation);
  LayerInfo at = any_picture(model);
  at.height /= std::max(model.shrink(), 1);
  at.width /= std::max(model.shrink(), 1);
  if (!s.spatial && layers.top_height > 0) {
    h = g.reshape(h, {-1, layers.top, layers.top_height, layers.top_width});
    at.height = layers.top_height;
    at.width = layers.top_width;
  }
  for (const VaeLayer& layer : layers.decoder) h = g.run(layer, h, at, &layer == &layers.decoder.back());
  if (!s.spatial) h = g.reshape(h, {-1, s.channels() * (s.variance ? 2 : 1), s.height, s.width});
  if (s.variance) {
    OnnxGraph& graph = g.graph();
    h = graph.node("Slice", {h, graph.whole_numbers({0}), graph.whole_numbers({s.channels()}),
                             graph.whole_numbers({1})});
    h = g.activated(h, s.output);
  }
  g.graph().output(g.picture(h), "picture", g.shape(3, "height", "width"));
  return g.graph().bytes("from codes to a picture [N, 3, H, W], R, G, B, about 0..1", vae_metadata(s));
}

std::vector<uint8_t> refiner_of(const VaeModel& model) {
  const std::vector<VaeLayer> layers = refiner_layers(model.settings().refiner);
  VaeGraph g("refiner", model, VaeNorm::kNone);
  LayerInfo at = any_picture(model);
  const LayerInfo whole = at;
  std::string h = g.lit(g.seen(g.graph().input("picture", g.shape(3, "height", "width"))));
  const std::string beside = h = g.run(layers[0], h, at, false);
  for (size_t i = 1; i < 5; ++i) h = g.run(layers[i], h, at, false);
  VaeLayer up = layers[5];
  up.height = static_cast<int>(whole.height);
  up.width = static_cast<int>(whole.width);
  h = g.two("Add", g.run(up, h, at, false), beside);
  h = g.lit(g.convolution(layers[6].name, h, at, layers[6].kernel, layers[6].stride));
  g.graph().output(g.picture(h), "refined", g.shape(3, "height", "width"));
  return g.graph().bytes("from what the decoder made to a picture with more detail, both [N, 3, H, W]",
                         vae_metadata(model.settings()));
}

}  // namespace

std::vector<std::pair<std::string, std::vector<uint8_t>>> vae_onnx(const VaeModel& model) {
  if (model.input.bgr || model.input.grey || model.input.channel_scale != std::array<double, 3>{1, 1, 1} ||
      (model.input.subtract_mean && !model.input.mean.defined()))
    throw Error("export", "this model", "its input is not a plain picture in colour less a mean picture");
  if (model.scales() > 1)
    throw Error("export", "this model", "it is a generator by scales, of the family lapgan");
  const VaeLayers layers = parse_vae(model.settings());
  std::vector<std::pair<std::string, std::vector<uint8_t>>> all;
  if (!layers.encoder.empty()) all.emplace_back("encoder", encoder_of(model, layers));
  all.emplace_back("decoder", decoder_of(model, layers));
  if (model.settings().refiner > 0) all.emplace_back("refiner", refiner_of(model));
  return all;
}

}  // namespace reverie
