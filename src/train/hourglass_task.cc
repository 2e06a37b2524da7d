#include "train/hourglass_task.h"

#include <fmt/format.h>

#include <algorithm>

#include "core/error.h"
#include "core/text.h"
#include "train/evaluate.h"
#include "train/hourglass_loss.h"
#include "train/input.h"
#include "train/inspect.h"

namespace reverie {
namespace {

const std::vector<std::string>& loss_words() {
  static const std::vector<std::string> words = {"euclidean", "cross-entropy"};
  return words;
}

class HourglassTask : public Task {
 public:
  HourglassTask(const Recipe& recipe, const BuildOptions& options)
      : settings_(hourglass_settings(recipe)),
        input_(recipe.input),
        model_(HourglassNet(settings_.net, options.device), options.input) {
    model_.net.initialise(settings_.init, settings_.init_std, options.seed);
  }

  std::vector<TaskNetwork> networks() override { return {{"", &model_.parameters()}}; }

  Losses losses(const Sight& sight, const Stage& stage, const Turn&) override {
    const torch::Tensor target = apply(model_.input, sight.pictures);
    const torch::Tensor input =
        corrupt(target, input_, sight.seed, sight.iteration, sight.first, sight.count);
    LossParts parts = hourglass_losses(model_.net, hourglass_stage(stage), input, target, sight.count);
    Losses losses;
    losses.total = parts.total;
    for (size_t l = 0; l < parts.errors.size(); ++l)
      losses.parts.push_back({fmt::format("l2_error{}", l + 1), parts.errors[l]});
    return losses;
  }

  std::optional<NamedLoss> mean_loss(const Sight& sight, const Stage& stage) override {
    if (hourglass_stage(stage).loss_weights[0] == 0) return {};
    const torch::Tensor target = apply(model_.input, sight.pictures);
    const torch::Tensor mean =
        model_.input.subtract_mean ? torch::zeros_like(target) : target.mean(0, true).expand_as(target);
    return NamedLoss{"l2_error1", picture_loss(hourglass_stage(stage), mean, target, sight.count)};
  }

  std::vector<std::string> frozen(const Stage& stage) const override {
    std::vector<std::string> parts = stage.frozen;
    for (int n = 1; n <= hourglass_stage(stage).frozen_levels; ++n) {
      parts.push_back(fmt::format("encode{}", n));
      parts.push_back(fmt::format("decode{}", n));
    }
    return parts;
  }

  void take(const Model& from, const std::string& name) override {
    if (take_levels(model_.net, as_hourglass(from, "start from").parameters()) == 0)
      throw Error("start from", name, "its first level has other shapes than the recipe's");
  }

  std::unique_ptr<Model> model() const override {
    auto copy = std::make_unique<HourglassModel>(HourglassNet(settings_.net), model_.input);
    copy_values(model_.parameters(), copy->parameters());
    return copy;
  }

  int64_t multiple() const override { return model_.multiple(); }

 private:
  HourglassSettings settings_;
  InputSettings input_;
  HourglassModel model_;
};

// One stage for each level on its own reconstruction.
std::vector<Stage> greedy(const Stage& stage, int levels) {
  std::vector<Stage> stages;
  for (int l = hourglass_stage(stage).frozen_levels; l < levels; ++l) {
    auto own = std::make_shared<HourglassStage>(hourglass_stage(stage));
    own->frozen_levels = l;
    own->top_level = l + 1;
    own->loss_weights.assign(static_cast<size_t>(l) + 1, 0);
    own->loss_weights.back() = 1;
    stages.push_back(stage);
    stages.back().own = own;
  }
  return stages;
}

// Cross-entropy compares two shares, 0 to 1: other pictures have none, and other outputs are no share.
void check_cross_entropy(const TomlReader& reader, const HourglassConfig& net, const InputSettings& input) {
  constexpr double kRounding = 1e-9;
  const bool shares = input.mean == MeanKind::kNone && input.scale * 255 <= 1 + kRounding;
  if (net.output == ActivationKind::kSigmoid && shares) return;
  reader.fail(*reader.find("loss"),
              shares ? "cross-entropy needs output = \"sigmoid\" in [hourglass]"
                     : "cross-entropy needs pictures from 0 to 1: mean = false and scale = 0.00392 (1/255) "
                       "in [input]");
}

std::vector<Stage> read_stage(const TomlReader& reader, const NetworkSettings& network,
                              const InputSettings& input, const Stage& common) {
  const HourglassConfig& net = dynamic_cast<const HourglassSettings&>(network).net;
  const int levels = net.count();
  auto own = std::make_shared<HourglassStage>();
  own->loss = reader.word("loss", loss_words(), std::optional(own->loss));
  if (own->loss == LossKind::kCrossEntropy) check_cross_entropy(reader, net, input);
  own->top_level = static_cast<int>(reader.whole("top_level", 1, levels, levels));
  if (const auto weights = reader.list("loss_weights"); !weights.empty()) {
    if (weights.size() > static_cast<size_t>(own->top_level))
      reader.fail(*reader.find("loss_weights"), "more loss weights than levels that are decoded");
    own->loss_weights.clear();
    for (const TomlNode* node : weights) own->loss_weights.push_back(reader.number_at(*node, 0, 1e6));
    if (std::all_of(own->loss_weights.begin(), own->loss_weights.end(), [](double w) { return w == 0; }))
      reader.fail(*reader.find("loss_weights"), "every loss weight is 0");
  }
  own->frozen_levels = static_cast<int>(reader.whole("frozen_levels", 0, levels - 1, 0));
  Stage stage = common;
  stage.own = own;
  if (reader.flag("greedy", false)) return greedy(stage, levels);
  return {stage};
}

std::vector<Figure> figures(const Model& model, const RecordSet& set, Split split, size_t limit) {
  const Evaluation e = evaluate(as_hourglass(model, "evaluate"), set, split, limit);
  std::vector<Figure> all = {{"pictures", static_cast<double>(e.pictures), 15}};
  for (size_t l = 0; l < e.l2_errors.size(); ++l)
    all.push_back({fmt::format("l2_error{}", l + 1), e.l2_errors[l]});
  all.push_back({"psnr", e.psnr, 4});
  all.push_back({"cubic_factor", static_cast<double>(e.cubic_factor)});
  all.push_back({"cubic_l2_error", e.cubic_l2_error});
  all.push_back({"cubic_psnr", e.cubic_psnr, 4});
  return all;
}

Planes sheet(const Model& model, const RecordSet& set, Split split, size_t limit) {
  const HourglassModel& glass = as_hourglass(model, "draw");
  return reconstruction_sheet(glass, glass.input,
                              read_pictures(set, split, 0, std::min(limit, set.size(split))));
}

std::unique_ptr<Task> make(const Recipe& recipe, const BuildOptions& options) {
  return std::make_unique<HourglassTask>(recipe, options);
}

}  // namespace

std::string HourglassStage::text() const {
  std::vector<std::string> weights;
  for (const double w : loss_weights) weights.push_back(fmt::format("{}", w));
  return fmt::format("loss = \"{}\"\nloss_weights = [{}]\ntop_level = {}\nfrozen_levels = {}\n",
                     loss_words()[static_cast<size_t>(loss)], join(weights, ", "), top_level, frozen_levels);
}

const HourglassStage& hourglass_stage(const Stage& stage) {
  return dynamic_cast<const HourglassStage&>(*stage.own);
}

const HourglassSettings& hourglass_settings(const Recipe& recipe) {
  return dynamic_cast<const HourglassSettings&>(recipe.network());
}

TaskKind hourglass_task() {
  return {"hourglass", {"loss", "loss_weights", "top_level", "frozen_levels", "greedy"},
          read_stage,  make,
          figures,     "reconstructions",
          sheet};
}

}  // namespace reverie
