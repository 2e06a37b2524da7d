#include "weights/caffe_recipe.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <cmath>
#include <filesystem>
#include <functional>
#include <limits>
#include <map>

#include "core/error.h"
#include "core/text.h"
#include "weights/caffe_chain.h"
#include "weights/tensor.h"

namespace reverie {
namespace {

// Caffe's words translated to those of a recipe.
using Words = std::map<std::string, std::string>;

class RecipeWriter {
 public:
  RecipeWriter(const CaffeNet& net, const CaffeSolver& solver)
      : net_(net), solver_(solver), chain_(find_caffe_chain(net)) {}

  CaffeRecipe write() {
    const std::string from = std::filesystem::path(net_.file).filename().string();
    const std::string title = net_.title.empty() ? "an hourglass" : net_.title;
    text_ = fmt::format("about = {}\n", quote_toml(fmt::format("{}, from {}", title, from)));
    write_hourglass();
    write_input();
    write_stage();
    warn_about_the_rest();
    return {std::move(text_), std::move(warnings_)};
  }

 private:
  [[noreturn]] void fail(const std::string& why) const { throw Error("make a recipe of", solver_.file, why); }
  [[noreturn]] void fail(const CaffeLayer& layer, const std::string& why) const {
    throw Error("make a recipe of", net_.file, fmt::format("layer {}: {}", in_quotes(layer.name), why));
  }
  void warn(const std::string& line) { warnings_.push_back(line); }
  void warn(const CaffeLayer& layer, const std::string& what) {
    warn(fmt::format("{}: layer {}: {}", net_.file, in_quotes(layer.name), what));
  }

  template <class Value>
  void line(const char* key, const Value& value) {
    text_ += fmt::format("{} = {}\n", key, value);
  }
  void number(const char* key, float value, const std::string& file) {
    if (!std::isfinite(value)) throw Error("make a recipe of", file, fmt::format("{} is {}", key, value));
    line(key, value);
  }
  void levels(const char* key, const std::function<std::string(const CaffeLevel&)>& of) {
    std::vector<std::string> items;
    for (const CaffeLevel& level : chain_.levels) items.push_back(of(level));
    line(key, fmt::format("[{}]", fmt::join(items, ", ")));
  }

  void write_hourglass() {
    text_ += "\n[hourglass]\n";
    levels("channels", [](const CaffeLevel& l) { return std::to_string(l.encode->convolution->outputs); });
    levels("encode_kernel",
           [](const CaffeLevel& l) { return std::to_string(l.encode->convolution->kernel.height); });
    levels("pool_size", [](const CaffeLevel& l) { return std::to_string(l.pool_size); });
    levels("pool",
           [](const CaffeLevel& l) { return l.pool == CaffePoolMethod::kMean ? "\"mean\"" : "\"max\""; });
    levels("decode_kernel",
           [](const CaffeLevel& l) { return std::to_string(l.decode->convolution->kernel.height); });
    levels("activation", [](const CaffeLevel& l) { return "\"" + l.activation + "\""; });
    if (chain_.output != chain_.levels[0].activation) line("output", "\"" + chain_.output + "\"");
    write_fillers();
  }

  // All layers from the picture up, each level's encoder before its decoder.
  std::vector<const CaffeLayer*> layers() const {
    std::vector<const CaffeLayer*> all;
    for (const CaffeLevel& level : chain_.levels) all.insert(all.end(), {level.encode, level.decode});
    return all;
  }

  static std::string describe(const CaffeFiller& filler) {
    if (filler.type == "gaussian")
      return fmt::format("gaussian with standard deviation {}", filler.deviation);
    return filler.type;
  }

  void write_fillers() {
    const CaffeFiller& first = chain_.levels[0].encode->convolution->weight_filler;
    if (first.type != "gaussian" && first.type != "xavier")
      fail(*chain_.levels[0].encode,
           fmt::format("its weight_filler is {}, but a recipe supports gaussian and xavier",
                       in_quotes(first.type)));
    line("init", "\"" + first.type + "\"");
    if (first.type == "gaussian") number("init_std", first.deviation, net_.file);
    for (const CaffeLayer* layer : layers()) {
      const CaffeFiller& weight = layer->convolution->weight_filler;
      if (describe(weight) != describe(first)) {
        warn(*layer, fmt::format("its weight_filler is {}, but the recipe uses {} for all", describe(weight),
                                 describe(first)));
      }
      if (weight.type == "gaussian" && (weight.mean != 0 || weight.sparse))
        warn(*layer, "the mean and sparse of its weight_filler are ignored");
      if (weight.type == "xavier" && !weight.by_fan_in)
        warn(*layer, "the variance_norm of its weight_filler is ignored");
      const CaffeFiller& bias = layer->convolution->bias_filler;
      if (!layer->convolution->has_bias) {
        warn(*layer, "it has no bias, but the recipe's does");
      } else if (bias.type != "constant" || bias.value != 0) {
        warn(*layer, "its bias_filler is ignored, a recipe's biases start at 0");
      }
    }
  }

  void write_input() {
    text_ += "\n[input]\n";
    if (chain_.data == nullptr)
      throw Error("make a recipe of", net_.file, "it has no data layer for training");
    const CaffeTransform t = chain_.data->transform.value_or(CaffeTransform{});
    const bool by_channel = t.mean_file.empty() && !t.mean_values.empty();
    line("mean", by_channel ? "\"channel\"" : t.mean_file.empty() ? "false" : "true");
    number("scale", t.scale, net_.file);
    if (t.mirror) line("flip", "true");
    if (!t.mean_values.empty())
      warn(*chain_.data, by_channel
                             ? "mean_value is ignored, a recipe takes the means of its training pictures"
                             : "mean_value is ignored, as there is a mean_file");
    if (t.crop != 0) warn(*chain_.data, fmt::format("crop_size {} is ignored", t.crop));
    if (!chain_.dropouts.empty()) {
      for (const CaffeLayer* layer : chain_.dropouts)
        warn(*layer, fmt::format("Dropout of {} is ignored", layer->dropout_ratio));
    }
  }

  void write_stage() {
    text_ += "\n[[stage]]\n";
    write_losses();
    const std::string solver =
        word("solver type", solver_.type, {{"SGD", "sgd"}, {"AdaGrad", "adagrad"}, {"Adam", "adam"}});
    line("solver", "\"" + solver + "\"");
    line("batch", batch());
    if (solver_.iterations.value_or(0) < 1) fail("it has no max_iter");
    line("iterations", *solver_.iterations);
    write_rate();
    number("momentum", solver_.momentum, solver_.file);
    if (solver_.weight_decay != 0 && solver_.regularization != "L2")
      fail(fmt::format("regularization_type is {}, but a recipe supports L2",
                       in_quotes(solver_.regularization)));
    number("weight_decay", solver_.weight_decay, solver_.file);
    if (solver == "adam" && solver_.second_momentum != 0.999F)
      warn(fmt::format("{}: momentum2 {} is ignored, a recipe's is 0.999", solver_.file,
                       solver_.second_momentum));
    if (solver != "sgd" && solver_.delta != 1e-8F)
      warn(fmt::format("{}: delta {} is ignored, a recipe's is 1e-8", solver_.file, solver_.delta));
    write_multipliers();
  }

  std::string word(const char* what, const std::string& from, const Words& words) const {
    const auto it = words.find(from);
    if (it != words.end()) return it->second;
    std::vector<std::string> known;
    for (const auto& [name, to] : words) known.push_back(name);
    fail(fmt::format("the {} is {}, but a recipe supports {}", what, in_quotes(from), join(known, ", ")));
  }

  void write_losses() {
    std::string kind;
    int from = 0;
    std::vector<float> weights;
    for (const CaffeLoss& loss : chain_.losses) {
      if (loss.weight == 0) continue;
      const std::string this_kind = loss_word(loss);
      if (!kind.empty() && this_kind != kind) fail(*loss.layer, "a recipe has only one kind of loss");
      if (from != 0 && loss.from != from)
        fail(*loss.layer,
             fmt::format("it decodes from level {}, the other losses from level {}: train them one "
                         "after the other",
                         loss.from, from));
      kind = this_kind;
      from = loss.from;
      weights.resize(std::max(weights.size(), static_cast<size_t>(loss.level) + 1));
      weights[static_cast<size_t>(loss.level)] += loss.weight;
    }
    if (kind.empty()) throw Error("make a recipe of", net_.file, "it has no loss");
    line("loss", "\"" + kind + "\"");
    for (const float w : weights) {
      if (!std::isfinite(w) || w < 0)
        throw Error("make a recipe of", net_.file, fmt::format("loss_weight is {}", w));
    }
    line("loss_weights", fmt::format("[{}]", fmt::join(weights, ", ")));
    if (static_cast<size_t>(from) != chain_.levels.size()) line("top_level", from);
  }

  std::string loss_word(const CaffeLoss& loss) const {
    const std::string& type = loss.layer->type;
    if (loss.layer->loss_normalised_otherwise) fail(*loss.layer, "a recipe does not support loss_param");
    if (type == "EuclideanLoss") {
      if (!loss.on_active) fail(*loss.layer, "it compares before the activation, but a recipe after it");
      return "euclidean";
    }
    if (type == "SigmoidCrossEntropyLoss") {
      if (!loss.on_linear) fail(*loss.layer, "it compares after an activation, but a recipe before it");
      if (loss.level != 0) fail(*loss.layer, "a recipe supports cross-entropy only for the picture");
      return "cross-entropy";
    }
    fail(*loss.layer,
         fmt::format("its type is {}, but a recipe supports EuclideanLoss and SigmoidCrossEntropyLoss",
                     in_quotes(type)));
  }

  int64_t batch() const {
    const CaffeLayer& data = *chain_.data;
    if (!data.data || data.data->batch < 1) {
      fail(data, data.type == "Data"
                     ? "it has no batch_size"
                     : fmt::format("it has no batch_size, as it is a {} layer: put a Data layer in its place",
                                   printable(data.type)));
    }
    // gradients of several batches are averaged: the same as one large batch
    if (data.data->batch > std::numeric_limits<int32_t>::max() / solver_.batches_per_step)
      fail("iter_size makes the batch too large");
    return data.data->batch * solver_.batches_per_step;
  }

  void write_rate() {
    if (!solver_.rate) fail("it has no base_lr");
    number("rate", *solver_.rate, solver_.file);
    const std::string policy = word("lr_policy", solver_.rate_policy.empty() ? "fixed" : solver_.rate_policy,
                                    {{"fixed", "constant"}, {"step", "step"}, {"exp", "exponential"}});
    line("rate_policy", "\"" + policy + "\"");
    if (policy == "constant") return;
    if (!solver_.gamma) fail(fmt::format("lr_policy {} needs gamma", solver_.rate_policy));
    number("rate_factor", *solver_.gamma, solver_.file);
    if (policy != "step") return;
    if (solver_.step_size.value_or(0) < 1) fail("lr_policy step needs stepsize");
    line("rate_every", *solver_.step_size);
  }

  // Of blob 0 or 1; 1 if the layer does not say.
  static CaffeMultiplier multiplier(const CaffeLayer& layer, size_t blob) {
    return blob < layer.multipliers.size() ? layer.multipliers[blob] : CaffeMultiplier{};
  }
  static bool is_frozen(const CaffeLayer& layer) {
    return multiplier(layer, 0).rate == 0 && (!layer.convolution->has_bias || multiplier(layer, 1).rate == 0);
  }

  void write_multipliers() {
    size_t frozen = 0;
    while (frozen < chain_.levels.size() && is_frozen(*chain_.levels[frozen].encode) &&
           is_frozen(*chain_.levels[frozen].decode))
      ++frozen;
    if (frozen == chain_.levels.size())
      throw Error("make a recipe of", net_.file, "every lr_mult is 0: nothing would be learned");
    line("frozen_levels", frozen);
    std::string table;
    for (size_t l = frozen; l < chain_.levels.size(); ++l) {
      for (const auto& [part, layer] :
           {std::pair("encode", chain_.levels[l].encode), std::pair("decode", chain_.levels[l].decode)}) {
        for (const size_t blob : {size_t{0}, size_t{1}}) {
          const float rate = multiplier(*layer, blob).rate;
          if (!std::isfinite(rate) || rate < 0) fail(*layer, fmt::format("its lr_mult is {}", rate));
          if (rate != 1)
            table += fmt::format("\"{}{}.{}\" = {}\n", part, l + 1, blob == 0 ? "weight" : "bias", rate);
        }
      }
    }
    if (!table.empty()) text_ += "[stage.rate_multipliers]\n" + table;
    warn_about_decay(frozen);
  }

  // A recipe decays all weights alike, and biases not at all.
  void warn_about_decay(size_t frozen) {
    if (solver_.weight_decay == 0) return;
    for (size_t l = frozen; l < chain_.levels.size(); ++l) {
      for (const CaffeLayer* layer : {chain_.levels[l].encode, chain_.levels[l].decode}) {
        const float weight = multiplier(*layer, 0).decay;
        const float bias = layer->convolution->has_bias ? multiplier(*layer, 1).decay : 0;
        if (weight != 1) warn(*layer, fmt::format("decay_mult {} of its weights is ignored", weight));
        if (bias != 0)
          warn(*layer, fmt::format("decay_mult {} of its biases is ignored, a recipe's do not decay", bias));
      }
    }
  }

  void warn_about_the_rest() {
    if (solver_.clip_gradients)
      warn(fmt::format("{}: clip_gradients {} is ignored", solver_.file, *solver_.clip_gradients));
    if (solver_.seed)
      warn(fmt::format("{}: random_seed {} is ignored: the seed is set when training starts", solver_.file,
                       *solver_.seed));
    if (!solver_.housekeeping.empty()) {
      warn(fmt::format("{}: ignored, with no effect on what is learned: {}", solver_.file,
                       join(solver_.housekeeping, ", ")));
    }
    for (const std::string& field : net_.skipped)
      warn(fmt::format("{}: {}: unknown, ignored", net_.file, field));
    for (const std::string& field : solver_.skipped)
      warn(fmt::format("{}: {}: unknown, ignored", solver_.file, field));
  }

  const CaffeNet& net_;
  const CaffeSolver& solver_;
  CaffeChain chain_;
  std::string text_;
  std::vector<std::string> warnings_;
};

}  // namespace

CaffeRecipe recipe_from_caffe(const CaffeNet& net, const CaffeSolver& solver) {
  return RecipeWriter(net, solver).write();
}

}  // namespace reverie
