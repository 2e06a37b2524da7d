#include "weights/caffe_chain.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <optional>
#include <set>
#include <tuple>
#include <utility>

#include "core/error.h"
#include "weights/tensor.h"

namespace reverie {
namespace {

// A blob as one layer leaves it; an in-place layer makes another one of the same name.
using Node = int;
constexpr Node kNone = -1;

[[noreturn]] void fail(const CaffeNet& net, const CaffeLayer& layer, const std::string& why) {
  throw Error("use", net.file, fmt::format("layer {} ({}): {}", in_quotes(layer.name), layer.type, why));
}

bool is_loss(const CaffeLayer& layer) {
  return layer.type.ends_with("Loss");
}

// Empty if it is not an activation.
std::string activation_word(const std::string& type) {
  static const std::map<std::string, std::string> words = {
      {"TanH", "tanh"}, {"ReLU", "relu"}, {"Sigmoid", "sigmoid"}};
  const auto it = words.find(type);
  return it == words.end() ? "" : it->second;
}

// The layer types of an hourglass.
bool is_step(const CaffeLayer& layer) {
  return layer.convolution || layer.pooling || !activation_word(layer.type).empty();
}

// Whatever its type, as there are Python layers and those of Caffe's many branches.
bool is_data(const CaffeLayer& layer) {
  return layer.bottoms.empty() && !layer.tops.empty() && layer.type != "Parameter" && !is_step(layer);
}

// Has no effect on the result.
bool is_idle(const CaffeLayer& layer) {
  return layer.type == "Split" || layer.type == "Silence" || layer.type == "Accuracy";
}

// Which layer reads which blob.
class Graph {
 public:
  explicit Graph(const CaffeNet& net) : net_(net) {
    std::map<std::string, Node> now;
    for (const std::string& name : net.inputs) {
      now[name] = make_node();
      if (picture_ == kNone) picture_ = now[name];
    }
    for (const CaffeLayer& layer : net.layers) {
      if (layer.in_training) add(layer, now);
    }
    if (picture_ == kNone) choose_picture();
  }

  Node picture() const { return picture_; }
  const CaffeLayer* data() const { return data_; }
  const std::vector<const CaffeLayer*>& readers(Node node) const {
    return readers_[static_cast<size_t>(node)];
  }
  const std::vector<Node>& inputs(const CaffeLayer& layer) const { return inputs_.at(&layer); }
  Node output(const CaffeLayer& layer) const {
    const auto it = outputs_.find(&layer);
    if (it == outputs_.end()) fail(net_, layer, "it has no top");
    return it->second;
  }

  // The only layer of a type that reads the node, or null.
  const CaffeLayer* reader(Node node, const std::string& type) const {
    const CaffeLayer* found = nullptr;
    for (const CaffeLayer* layer : readers(node)) {
      if (layer->type != type) continue;
      if (found != nullptr)
        fail(net_, *layer,
             fmt::format("{} reads the same blob: an hourglass has only one way up", in_quotes(found->name)));
      found = layer;
    }
    return found;
  }

 private:
  Node make_node() {
    readers_.emplace_back();
    return static_cast<Node>(readers_.size()) - 1;
  }

  void add(const CaffeLayer& layer, std::map<std::string, Node>& now) {
    std::vector<Node>& inputs = inputs_[&layer];
    for (const std::string& bottom : layer.bottoms) {
      const auto it = now.find(bottom);
      if (it == now.end()) fail(net_, layer, fmt::format("no layer before it makes {}", in_quotes(bottom)));
      inputs.push_back(it->second);
    }
    if ((layer.type == "Split" || layer.type == "Dropout") && inputs.size() == 1) {
      for (const std::string& top : layer.tops) now[top] = inputs[0];
      return;
    }
    for (const Node input : inputs) readers_[static_cast<size_t>(input)].push_back(&layer);
    for (const std::string& top : layer.tops) {
      const Node node = make_node();
      now[top] = node;
      outputs_.emplace(&layer, node);  // the first one
    }
    if (!is_data(layer)) return;
    for (const std::string& top : layer.tops) fed_.emplace_back(&layer, now.at(top));
  }

  // What the data layers feed into a Convolution: others may give labels, and a layer labels first.
  void choose_picture() {
    const auto leads_up = [this](const auto& fed) { return reads(fed.second, "Convolution"); };
    auto chosen = std::find_if(fed_.begin(), fed_.end(), leads_up);
    if (chosen == fed_.end()) chosen = fed_.begin();
    if (chosen == fed_.end()) return;
    std::tie(data_, picture_) = *chosen;
  }

  bool reads(Node node, const std::string& type) const {
    return std::any_of(readers(node).begin(), readers(node).end(),
                       [&](const CaffeLayer* layer) { return layer->type == type; });
  }

  const CaffeNet& net_;
  Node picture_ = kNone;
  const CaffeLayer* data_ = nullptr;
  std::vector<std::pair<const CaffeLayer*, Node>> fed_;  // by the data layers
  std::vector<std::vector<const CaffeLayer*>> readers_;
  std::map<const CaffeLayer*, std::vector<Node>> inputs_;
  std::map<const CaffeLayer*, Node> outputs_;
};

class ChainFinder {
 public:
  explicit ChainFinder(const CaffeNet& net) : net_(net), graph_(net) {}

  CaffeChain find() {
    if (graph_.picture() == kNone)
      throw Error("use", net_.file, "neither a layer nor an input feeds pictures into the net");
    chain_.data = graph_.data();
    climb();
    decoded_.resize(chain_.levels.size());
    for (size_t l = chain_.levels.size(); l-- > 0;) descend(l);
    for (const CaffeLayer& layer : net_.layers) {
      if (layer.in_training) place(layer);
    }
    require_one_activation_each();
    chain_.output = chain_.levels[0].decode_activation;
    for (const CaffeLoss& loss : chain_.losses) {
      // this loss includes the sigmoid
      if (loss.level == 0 && loss.layer->type == "SigmoidCrossEntropyLoss" && chain_.output == "linear")
        chain_.output = "sigmoid";
    }
    return std::move(chain_);
  }

 private:
  // For one level: before and after the activation, and the level it was decoded from.
  struct Reconstruction {
    Node linear = kNone, active = kNone;
    size_t from = 1;
  };

  // An unknown layer that reads a part of the chain is why the chain breaks: name it rather than the gap.
  void refuse_strangers(Node node) const {
    for (const CaffeLayer* layer : graph_.readers(node)) {
      if (!is_step(*layer) && !is_idle(*layer) && !is_loss(*layer))
        fail(net_, *layer, "it has no place in an hourglass");
    }
  }

  void climb() {
    Node node = graph_.picture();
    states_.push_back(node);
    refuse_strangers(node);
    while (const CaffeLayer* encode = graph_.reader(node, "Convolution")) {
      CaffeLevel level;
      level.encode = encode;
      used_.insert(encode);
      check_encode(*encode);
      node = after_activation(graph_.output(*encode), level.activation);
      if (const CaffeLayer* pool = graph_.reader(node, "Pooling")) {
        used_.insert(pool);
        check_pool(*pool, level);
        node = graph_.output(*pool);
      }
      refuse_strangers(node);
      states_.push_back(node);
      chain_.levels.push_back(level);
    }
    if (chain_.levels.empty()) throw Error("use", net_.file, "no Convolution reads the pictures");
  }

  // Finds the ways from level l + 1, or a reconstruction of it, to level l.
  void descend(size_t l) {
    CaffeLevel& level = chain_.levels[l];
    std::vector<Reconstruction> sources = {{kNone, states_[l + 1], l + 1}};
    if (l + 1 < decoded_.size())
      sources.insert(sources.end(), decoded_[l + 1].begin(), decoded_[l + 1].end());
    for (const Reconstruction& source : sources) {
      for (const CaffeLayer* layer : graph_.readers(source.active)) {
        if (layer->type == "Deconvolution") add_decode(*layer, level, l, source.from);
      }
    }
    if (level.decode == nullptr) {
      throw Error("use", net_.file,
                  fmt::format("no Deconvolution leads from level {} to level {} (layer {} leads up)", l + 1,
                              l, in_quotes(level.encode->name)));
    }
  }

  void add_decode(const CaffeLayer& layer, CaffeLevel& level, size_t l, size_t from) {
    if (level.decode != nullptr && !are_one(*level.decode, layer)) {
      fail(net_, layer,
           fmt::format("{} decodes level {} too, with other weights", in_quotes(level.decode->name), l + 1));
    }
    used_.insert(&layer);
    check_decode(layer, level, l);
    std::string activation;
    const Node linear = graph_.output(layer);
    decoded_[l].push_back({linear, after_activation(linear, activation), from});
    if (level.decode != nullptr && activation != level.decode_activation)
      fail(net_, layer,
           fmt::format("it shares the weights of {}, but not its activation", in_quotes(level.decode->name)));
    level.decode = &layer;
    level.decode_activation = activation;
  }

  // Two layers that share their weights by name.
  static bool are_one(const CaffeLayer& a, const CaffeLayer& b) {
    return !a.multipliers.empty() && !b.multipliers.empty() && !a.multipliers[0].name.empty() &&
           a.multipliers[0].name == b.multipliers[0].name;
  }

  Node after_activation(Node node, std::string& word) {
    const CaffeLayer* found = nullptr;
    for (const CaffeLayer* layer : graph_.readers(node)) {
      if (activation_word(layer->type).empty()) continue;
      if (found != nullptr) fail(net_, *layer, fmt::format("{} reads the same blob", in_quotes(found->name)));
      found = layer;
    }
    word = "linear";
    refuse_strangers(node);
    if (found == nullptr) return node;
    if (found->negative_slope != 0)
      fail(net_, *found, fmt::format("negative_slope {}: an hourglass has none", found->negative_slope));
    used_.insert(found);
    word = activation_word(found->type);
    return graph_.output(*found);
  }

  void check_filters(const CaffeLayer& layer) const {
    const CaffeConvolution& c = *layer.convolution;
    if (layer.bottoms.size() != 1 || layer.tops.size() != 1)
      fail(net_, layer, "it must have one bottom and one top");
    if (c.kernel.height != c.kernel.width)
      fail(net_, layer, fmt::format("its kernel is not square ({} x {})", c.kernel.height, c.kernel.width));
    if (c.group != 1) fail(net_, layer, fmt::format("it has {} groups, an hourglass has one", c.group));
    if (c.dilation != CaffeSize{1, 1}) fail(net_, layer, "it is dilated, an hourglass is not");
  }

  void check_encode(const CaffeLayer& layer) const {
    check_filters(layer);
    const CaffeConvolution& c = *layer.convolution;
    const int k = c.kernel.height;
    if (k % 2 == 0) fail(net_, layer, fmt::format("its kernel_size {} is not odd", k));
    if (c.stride != CaffeSize{1, 1})
      fail(net_, layer, "its stride is not 1: an hourglass shrinks only by pooling");
    check_pad(layer, (k - 1) / 2, "(kernel_size - 1) / 2");
  }

  void check_pad(const CaffeLayer& layer, int wanted, const char* rule) const {
    const CaffeSize pad = layer.convolution->pad;
    if (pad != CaffeSize{wanted, wanted})
      fail(net_, layer,
           fmt::format("its pad is {}, an hourglass needs {} = {}",
                       pad.height == pad.width ? fmt::format("{}", pad.height)
                                               : fmt::format("{} x {}", pad.height, pad.width),
                       rule, wanted));
  }

  void check_pool(const CaffeLayer& layer, CaffeLevel& level) const {
    const CaffePooling& p = *layer.pooling;
    if (p.method == CaffePoolMethod::kStochastic)
      fail(net_, layer, "its pooling is stochastic: an hourglass needs MAX or AVE");
    if (p.global || p.kernel.height != p.kernel.width || p.stride != p.kernel || p.pad != CaffeSize{})
      fail(net_, layer, "an hourglass needs square pools that do not overlap: kernel_size = stride, pad 0");
    level.pool = p.method;
    level.pool_size = p.kernel.height;
  }

  void check_decode(const CaffeLayer& layer, const CaffeLevel& level, size_t l) const {
    check_filters(layer);
    const CaffeConvolution& c = *layer.convolution;
    const int k = c.kernel.height;
    const int pool = level.pool_size;
    if (c.stride != CaffeSize{pool, pool})
      fail(net_, layer, fmt::format("its stride is not the {} that level {} was pooled by", pool, l + 1));
    if (k < pool || (k - pool) % 2 != 0)
      fail(net_, layer, fmt::format("its kernel_size {} is not its stride {} plus an even number", k, pool));
    check_pad(layer, (k - pool) / 2, "(kernel_size - stride) / 2");
    if (l > 0 && c.outputs != chain_.levels[l - 1].encode->convolution->outputs) {
      fail(net_, layer,
           fmt::format("its num_output {} is not the {} of level {}", c.outputs,
                       chain_.levels[l - 1].encode->convolution->outputs, l));
    }
  }

  // Up and down between two levels share one activation; the picture's may differ.
  void require_one_activation_each() const {
    for (size_t l = 1; l < chain_.levels.size(); ++l) {
      const CaffeLevel& level = chain_.levels[l];
      if (level.decode_activation == level.activation) continue;
      fail(net_, *level.decode,
           fmt::format(
               "it is {}, but {} of the same level is {}: an hourglass has one activation for both ways",
               level.decode_activation, in_quotes(level.encode->name), level.activation));
    }
  }

  // Every layer must be a part of the chain or have no effect; otherwise it is an error.
  void place(const CaffeLayer& layer) {
    if (layer.type == "Dropout") {
      chain_.dropouts.push_back(&layer);
    } else if (is_loss(layer)) {
      add_loss(layer);
    } else if (!used_.contains(&layer) && !is_data(layer) && !is_idle(layer)) {
      fail(net_, layer, "it has no place in an hourglass");
    }
  }

  void add_loss(const CaffeLayer& layer) {
    CaffeLoss loss;
    loss.layer = &layer;
    loss.weight = layer.loss_weights.empty() ? 1 : layer.loss_weights[0];
    const std::vector<Node>& inputs = graph_.inputs(layer);
    for (size_t l = 0; l < decoded_.size() && inputs.size() == 2; ++l) {
      for (const Reconstruction& r : decoded_[l]) {
        // either may come first
        const Node other =
            inputs[0] == states_[l] ? inputs[1] : (inputs[1] == states_[l] ? inputs[0] : kNone);
        if (other == kNone || (other != r.linear && other != r.active)) continue;
        loss.level = static_cast<int>(l);
        loss.from = static_cast<int>(r.from);
        loss.on_linear = other == r.linear;
        loss.on_active = other == r.active;
        chain_.losses.push_back(loss);
        return;
      }
    }
    if (loss.weight != 0) fail(net_, layer, "it does not compare a level with its reconstruction");
  }

  const CaffeNet& net_;
  Graph graph_;
  CaffeChain chain_;
  std::vector<Node> states_;                          // of level 0, 1, ...
  std::vector<std::vector<Reconstruction>> decoded_;  // of level 0, 1, ...
  std::set<const CaffeLayer*> used_;
};

}  // namespace

bool has_decoder(const CaffeNet& net) {
  const auto has = [&net](const char* type) {
    return std::any_of(net.layers.begin(), net.layers.end(),
                       [type](const CaffeLayer& l) { return l.in_training && l.type == type; });
  };
  return has("Convolution") && has("Deconvolution");
}

CaffeChain find_caffe_chain(const CaffeNet& net) {
  return ChainFinder(net).find();
}

}  // namespace reverie
