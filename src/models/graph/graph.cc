#include "models/graph/graph.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <functional>
#include <set>

#include "core/error.h"
#include "core/text.h"
#include "models/graph/ops.h"
#include "models/lean.h"

namespace reverie {
namespace {

constexpr int64_t kLargestSide = 1024;  // that is tried to find the smallest one

template <class T>
std::vector<T> take_inputs(const GraphNode& node, const std::vector<T>& all, const T& picture) {
  std::vector<T> inputs;
  inputs.reserve(node.inputs.size());
  for (const int i : node.inputs) inputs.push_back(i < 0 ? picture : all[static_cast<size_t>(i)]);
  return inputs;
}

void check_graph(const Graph& graph) {
  std::set<std::string> names;
  for (size_t i = 0; i < graph.nodes.size(); ++i) {
    const GraphNode& node = graph.nodes[i];
    const auto refuse = [&](const std::string& why) {
      throw Error("use", "layer " + in_quotes(node.name), why);
    };
    if (!names.insert(node.name).second) refuse("another layer has the same name");
    if (node.inputs.empty()) refuse("it has no input");
    for (const int input : node.inputs) {
      if (input < -1 || input >= static_cast<int>(i)) refuse("its input comes after it");
    }
  }
}

// What the nodes that lead to those at `places` are.
std::vector<bool> needed_for(const std::vector<GraphNode>& nodes, const std::vector<size_t>& places) {
  std::vector<bool> needed(nodes.size());
  for (const size_t place : places) needed[place] = true;
  for (size_t i = nodes.size(); i-- > 0;) {
    if (!needed[i]) continue;
    for (const int input : nodes[i].inputs) {
      if (input >= 0) needed[static_cast<size_t>(input)] = true;
    }
  }
  return needed;
}

using Refuse = std::function<void(const GraphNode&, const WrongSize&)>;

// Those of the nodes needed; empty for others, and for those that `refuse` did not throw for.
std::vector<Shape> shapes_of(const Graph& graph, const Shape& picture, const std::vector<bool>& needed,
                             const Refuse& refuse) {
  std::vector<Shape> shapes(graph.nodes.size());
  for (size_t i = 0; i < graph.nodes.size(); ++i) {
    if (!needed[i]) continue;
    const GraphNode& node = graph.nodes[i];
    const std::vector<Shape> inputs = take_inputs(node, shapes, picture);
    if (std::any_of(inputs.begin(), inputs.end(), [](const Shape& s) { return s.empty(); })) continue;
    try {
      shapes[i] = std::visit(OpShape{graph.parameters.slices(), node, inputs}, node.op);
    } catch (const WrongSize& wrong) {
      refuse(node, wrong);
    }
  }
  return shapes;
}

// Of the square pictures that the nodes needed can be computed for.
int64_t smallest_side(const Graph& graph, const std::vector<bool>& needed) {
  for (int64_t side = 1; side <= kLargestSide; ++side) {
    bool fits = true;
    shapes_of(graph, {1, 3, side, side}, needed,
              [&](const GraphNode&, const WrongSize& wrong) { fits = fits && !wrong.too_small; });
    if (fits) return side;
  }
  return 0;
}

[[noreturn]] void refuse_size(const Graph& graph, const std::vector<bool>& needed, const GraphNode& node,
                              const WrongSize& wrong, const Shape& picture) {
  std::string advice;
  const int64_t least = wrong.too_small ? smallest_side(graph, needed) : 0;
  if (least > 0) advice = fmt::format("the smallest pictures it takes are {0}x{0}", least);
  if (!wrong.too_small && graph.side > 0)
    advice = fmt::format("it takes pictures of {0}x{0} alone", graph.side);
  throw Error(fmt::format("compute layer {} of", in_quotes(node.name)),
              fmt::format("pictures of {}x{}", picture[3], picture[2]), wrong.why, advice);
}

std::vector<bool> all_nodes(const Graph& graph) {
  return std::vector<bool>(graph.nodes.size(), true);
}

int64_t width_of(const Span& span) {
  return static_cast<int64_t>(std::floor(span.last - span.first + 1));
}

LayerInfo info_of(const std::string& name, const Shape& shape, const Reach& reach) {
  LayerInfo info;
  info.name = name;
  info.channels = shape.size() > 1 ? shape[1] : 1;
  info.height = shape.size() > 2 ? shape[2] : 1;
  info.width = shape.size() > 3 ? shape[3] : 1;
  info.receptive = std::max(width_of(reach.down), width_of(reach.across));
  info.step = std::max(reach.down.step, reach.across.step);
  return info;
}

bool is_filter(const ParameterSlice& slice) {
  return slice.shape.size() == 4;
}

// One pass over the nodes needed.
class Pass {
 public:
  Pass(const Graph& graph, const std::vector<torch::Tensor>& weights, const PassOptions& options,
       const std::vector<size_t>& wanted)
      : graph_(graph),
        weights_(weights),
        options_(options),
        needed_(needed_for(graph.nodes, wanted)),
        readers_(graph.nodes.size()),
        postponed_(graph.nodes.size()),
        values_(graph.nodes.size()) {
    for (const size_t place : wanted) ++readers_[place];
    for (size_t i = 0; i < graph.nodes.size(); ++i) {
      if (!needed_[i]) continue;
      for (const int input : graph.nodes[i].inputs) {
        if (input >= 0) ++readers_[static_cast<size_t>(input)];
      }
    }
    for (size_t i = 0; i < graph.nodes.size(); ++i) {
      const int input = graph.nodes[i].inputs[0];
      if (needed_[i] && input >= 0 && is_max_pool(graph.nodes[i]))
        postponed_[static_cast<size_t>(input)] = may_be_postponed(static_cast<size_t>(input));
    }
  }

  std::vector<torch::Tensor>& run(const torch::Tensor& x) {
    for (size_t i = 0; i < graph_.nodes.size(); ++i) {
      if (needed_[i]) values_[i] = compute(i, x);
    }
    return values_;
  }

 private:
  static bool is_max_pool(const GraphNode& node) {
    const auto* pool = std::get_if<PoolOp>(&node.op);
    return pool && pool->method == PoolOp::Method::kMax;
  }

  // A ReLU whose maxima alone are read is the same after the pooling, and cheaper.
  bool may_be_postponed(size_t i) const {
    const auto* activation = std::get_if<ActivationOp>(&graph_.nodes[i].op);
    return activation && activation->kind == ActivationOp::Kind::kRelu && activation->slope == 0 &&
           options_.leak == 0 && readers_[i] == 1;
  }

  torch::Tensor compute(size_t i, const torch::Tensor& x) {
    const GraphNode& node = graph_.nodes[i];
    const std::vector<torch::Tensor> inputs = take_inputs(node, values_, x);
    const int first = node.inputs[0];
    const bool overwrite = first >= 0 && readers_[static_cast<size_t>(first)] == 1 &&
                           may_be_overwritten(graph_.nodes[static_cast<size_t>(first)]);
    for (const int input : node.inputs) {
      if (input >= 0 && --readers_[static_cast<size_t>(input)] == 0)
        values_[static_cast<size_t>(input)] = torch::Tensor();
    }
    if (postponed_[i]) return inputs[0];
    const torch::Tensor y = std::visit(OpRun{weights_, options_, inputs, overwrite}, node.op);
    return first >= 0 && postponed_[static_cast<size_t>(first)] ? lean_relu(y, options_, true) : y;
  }

  const Graph& graph_;
  const std::vector<torch::Tensor>& weights_;
  const PassOptions& options_;
  std::vector<bool> needed_;
  std::vector<int> readers_;     // that have not read yet; a wanted output has one more
  std::vector<bool> postponed_;  // ReLUs that are computed after the pooling that reads them
  std::vector<torch::Tensor> values_;
};

}  // namespace

GraphModel::GraphModel(std::string family, Graph graph, Parameters parameters, InputTransform transform,
                       std::vector<std::string> labels)
    : Model(std::move(transform)),
      family_(std::move(family)),
      graph_(std::move(graph)),
      parameters_(std::move(parameters)),
      labels_(std::move(labels)) {
  check_graph(graph_);
  for (const GraphNode& node : graph_.nodes) names_.push_back(node.name);
}

GraphModel::Weights GraphModel::prepare() const {
  torch::NoGradGuard no_grad;
  Weights all = parameters_.cut_constant();
  for (size_t i = 0; i < all.size(); ++i) {
    if (is_filter(parameters_.slices()[i])) all[i] = all[i].contiguous(torch::MemoryFormat::ChannelsLast);
  }
  return all;
}

std::shared_ptr<const GraphModel::Weights> GraphModel::weights() const {
  const torch::Tensor& flat = parameters_.flat();
  const std::pair<const void*, int64_t> of{flat.data_ptr(), static_cast<int64_t>(flat._version())};
  const std::lock_guard lock(mutex_);
  if (!weights_ || weights_of_ != of) {
    weights_ = std::make_shared<const Weights>(prepare());
    weights_of_ = of;
  }
  return weights_;
}

std::vector<torch::Tensor> GraphModel::forward(const torch::Tensor& x, const std::vector<std::string>& wanted,
                                               const PassOptions& options) const {
  const std::vector<size_t> places = places_of(wanted, names_);
  const std::vector<bool> needed = needed_for(graph_.nodes, places);
  const Shape picture = x.sizes().vec();
  shapes_of(graph_, picture, needed, [&](const GraphNode& node, const WrongSize& wrong) {
    refuse_size(graph_, needed, node, wrong, picture);
  });
  const std::shared_ptr<const Weights> w = weights();
  Pass pass(graph_, *w, options, places);
  return at_places(pass.run(x.contiguous(torch::MemoryFormat::ChannelsLast)), places);
}

std::vector<LayerInfo> GraphModel::layers(int64_t height, int64_t width) const {
  const Shape picture = {1, 3, height, width};
  const std::vector<bool> all = all_nodes(graph_);
  const std::vector<Shape> shapes =
      shapes_of(graph_, picture, all, [&](const GraphNode& node, const WrongSize& wrong) {
        if (wrong.too_small) refuse_size(graph_, all, node, wrong, picture);
      });
  std::vector<Reach> reaches(shapes.size());
  std::vector<LayerInfo> infos;
  for (size_t i = 0; i < shapes.size(); ++i) {
    if (shapes[i].empty()) continue;
    const GraphNode& node = graph_.nodes[i];
    reaches[i] = reach_of(node, graph_.parameters.slices(), take_inputs(node, reaches, Reach{}),
                          take_inputs(node, shapes, picture));
    infos.push_back(info_of(node.name, shapes[i], reaches[i]));
  }
  return infos;
}

TensorFile GraphModel::tensors() const {
  TensorFile file;
  file.metadata = graph_.metadata;
  file.metadata["family"] = family_;
  if (!labels_.empty()) file.metadata["labels"] = join(labels_, "\n");
  for (const ParameterSlice& slice : parameters_.slices()) {
    const torch::Tensor values = parameters_.flat().detach().narrow(0, slice.begin, slice.count);
    file.tensors[slice.name] = to_plain(values.view(slice.shape));
  }
  write_input(input, file);
  return file;
}

void write_input(const InputTransform& input, TensorFile& file) {
  const auto& s = input.channel_scale;
  file.metadata["scale"] = fmt::format("{}", input.scale);
  file.metadata["channel_scale"] = fmt::format("{} {} {}", s[0], s[1], s[2]);
  file.metadata["channels"] = input.bgr ? "BGR" : "RGB";
  if (input.subtract_mean && input.mean.defined()) file.tensors["mean"] = to_plain(input.mean);
}

InputTransform read_input(const TensorFile& file) {
  const auto number = [&](const std::string& key, const std::string& word) {
    const std::optional<double> value = to_number(word);
    if (!value || !std::isfinite(*value) || *value == 0)
      throw Error("use", file.name, fmt::format("its metadata '{}' has {}", key, in_quotes(word)));
    return *value;
  };
  const auto text = [&](const std::string& key, const std::string& fallback) {
    const auto it = file.metadata.find(key);
    return it == file.metadata.end() ? fallback : it->second;
  };
  InputTransform input;
  input.scale = number("scale", text("scale", "1"));
  const std::vector<std::string> each = split(text("channel_scale", "1 1 1"), ' ');
  if (each.size() != 3) throw Error("use", file.name, "its metadata 'channel_scale' is not three numbers");
  for (size_t i = 0; i < 3; ++i) input.channel_scale[i] = number("channel_scale", each[i]);
  input.bgr = text("channels", "RGB") == "BGR";
  input.subtract_mean = file.has("mean");
  if (input.subtract_mean) input.mean = from_plain(file.get("mean", {3, 1, 1}));
  return input;
}

std::vector<std::string> read_labels(const TensorFile& file) {
  const auto it = file.metadata.find("labels");
  return it == file.metadata.end() || it->second.empty() ? std::vector<std::string>{}
                                                         : split(it->second, '\n');
}

Parameters read_parameters(const Layout& layout, const TensorFile& file) {
  for (const ParameterSlice& slice : layout.slices()) file.get(slice.name, slice.shape);
  Parameters parameters(layout);
  torch::NoGradGuard no_grad;
  auto* to = parameters.flat().data_ptr<float>();
  for (const ParameterSlice& slice : layout.slices()) {
    const std::vector<float>& from = file.get(slice.name).data;
    std::copy(from.begin(), from.end(), to + slice.begin);
  }
  return parameters;
}

}  // namespace reverie
