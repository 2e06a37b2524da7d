// Goodfellow et al. 2014, "Generative Adversarial Networks".
#include "train/gan_task.h"

#include <ATen/CPUGeneratorImpl.h>
#include <fmt/format.h>

#include <algorithm>

#include "core/error.h"
#include "sheets/sheet.h"
#include "train/adversarial.h"
#include "train/input.h"
#include "train/inspect.h"

namespace reverie {
namespace {

constexpr uint64_t kSheetSeed = 1;
constexpr const char* kDiscriminator = "discriminator";
constexpr const char* kFirst = "discriminator0";
constexpr size_t kAtOnce = 50;
constexpr size_t kCompared = 500;   // samples whose nearest pictures are looked up
constexpr int64_t kSmallSide = 16;  // of pictures when they are compared
constexpr int kColumns = 10, kRows = 6;

class GanStage : public StageSettings {
 public:
  std::string text() const override { return settings.text() + fmt::format("average = {}\n", average); }
  AdversarialSettings settings;
  double average = 0.999;  // how much of the averaged generator stays in each step
};

const GanStage& own(const Stage& stage) {
  return dynamic_cast<const GanStage&>(*stage.own);
}

std::vector<Stage> read_stage(const TomlReader& reader, const NetworkSettings&, const InputSettings&,
                              const Stage& common) {
  auto s = std::make_shared<GanStage>();
  s->settings = read_adversarial(reader);
  s->average = reader.number("average", 0, 0.999999, s->average);
  Stage stage = common;
  stage.own = s;
  return {stage};
}

// What is kept and played is the average of the generators of all steps.
class GanTask : public Task {
 public:
  enum Network : size_t { kGenerator, kAgainst, kAverage };

  GanTask(const Recipe& recipe, const BuildOptions& options)
      : options_(options), network_(recipe.networks.front().second) {
    const auto against = std::find_if(recipe.networks.begin(), recipe.networks.end(),
                                      [](const auto& network) { return network.first == kDiscriminator; });
    if (against == recipe.networks.end())
      throw Error("train", "a generator", "the recipe has no table [discriminator]");
    turns_ = discriminator_settings(*against->second).turns;
    generator_ = build<VaeModel>(*network_, options);
    average_ = build<VaeModel>(*network_, options);
    discriminator_ = build<DiscriminatorModel>(*against->second, options);
    check_size();
  }

  std::vector<TaskNetwork> networks() override {
    return {{"gan", &generator_->parameters()},
            {kDiscriminator, &discriminator_->parameters()},
            {"average", &average_->parameters()}};
  }

  std::vector<Turn> turns() const override {
    std::vector<Turn> all;
    for (int i = 0; i < turns_; ++i) all.push_back({fmt::format("{}{}", kDiscriminator, i), {kAgainst}});
    all.push_back({"generator", {kGenerator}});
    return all;
  }

  Losses losses(const Sight& sight, const Stage& stage, const Turn& turn) override {
    const AdversarialSettings& s = own(stage).settings;
    const bool plays = turn.networks[0] == kGenerator;
    if (sight.learning && turn.name == kFirst)
      move_average(average_->parameters(), generator_->parameters(), own(stage).average, sight.iteration);
    const torch::Tensor y = generate(sight, turn, plays);
    if (!plays) {
      Losses all =
          discriminator_losses(*discriminator_, apply(generator_->input, sight.pictures), {y}, s, sight);
      if (turn.name != kFirst) all.parts.clear();  // one of several turns is reported
      return all;
    }
    const VaeWeights weights =
        sight.learning ? looking(discriminator_->constant()) : discriminator_->constant();
    Losses losses;
    losses.total = generator_loss(discriminator_->scores(y, weights), s.loss).flatten(1).mean(1).sum() /
                   static_cast<double>(sight.count);
    losses.parts.push_back({"generator", losses.total.detach()});
    return losses;
  }

  bool spreads_test() const override { return true; }

  std::unique_ptr<Model> model() const override { return copy_of(*average_, *network_, options_); }

 private:
  template <class Built>
  static std::unique_ptr<Built> build(const NetworkSettings& network, const BuildOptions& options) {
    return std::unique_ptr<Built>(dynamic_cast<Built*>(network.build(options).release()));
  }

  void check_size() const {
    const VaeSettings& s = generator_->settings();
    if (!s.spatial && (s.width != options_.width || s.height != options_.height))
      throw Error("train", "the generator",
                  fmt::format("it makes pictures of {}x{}, and those of the record set have {}x{}", s.width,
                              s.height, options_.width, options_.height));
  }

  // Each turn plays on codes of its own.
  torch::Tensor generate(const Sight& sight, const Turn& turn, bool plays) {
    VaeModel& model = sight.learning ? *generator_ : *average_;
    const int64_t height = sight.pictures.size(2);
    const int64_t width = sight.pictures.size(3);
    const torch::Tensor z =
        normal_draws(sight, place_of(turn), code_shape(model, sight.pictures.size(0), height, width));
    if (plays && sight.learning) return model.decode(z, height, width, model.learned());
    torch::NoGradGuard no_grad;
    return model.decode(z, height, width, sight.learning ? looking(model.constant()) : model.constant());
  }

  uint64_t place_of(const Turn& turn) const {
    const std::vector<Turn> all = turns();
    const auto it = std::find_if(all.begin(), all.end(), [&](const Turn& t) { return t.name == turn.name; });
    return static_cast<uint64_t>(it - all.begin());
  }

  BuildOptions options_;
  std::shared_ptr<const NetworkSettings> network_;
  std::unique_ptr<VaeModel> generator_, average_;
  std::unique_ptr<DiscriminatorModel> discriminator_;
  int turns_ = 1;
};

std::unique_ptr<Task> make(const Recipe& recipe, const BuildOptions& options) {
  return std::make_unique<GanTask>(recipe, options);
}

torch::Tensor in_small(const torch::Tensor& pictures) {
  return torch::adaptive_avg_pool2d(pictures, {kSmallSide, kSmallSide}).flatten(1);
}

// How much of the pictures that are nearest to one of the samples are different ones.
double distinct_nearest(const torch::Tensor& samples, const torch::Tensor& pictures) {
  const torch::Tensor nearest = torch::cdist(samples, pictures).argmin(1);
  return static_cast<double>(std::get<0>(at::_unique(nearest)).numel()) /
         static_cast<double>(nearest.numel());
}

std::vector<Figure> evaluate_gan(const Model& any, const RecordSet& set, Split split, size_t limit) {
  torch::NoGradGuard no_grad;
  const VaeModel& model = as_vae(any, "evaluate");
  const auto [height, width] = set.common_size();
  const size_t pictures = limit == 0 ? set.size(split) : std::min(limit, set.size(split));
  const size_t count = std::min(kCompared, pictures / 2);
  if (count == 0) throw Error("evaluate on", set.name(), "the split has fewer than two pictures");
  // every second picture, that samples and the pictures between them are compared with
  const torch::Tensor known = in_small(read_pictures(set, split, 0, pictures / 2, 2));
  const torch::Tensor others = in_small(read_pictures(set, split, 1, count, 2 * (pictures / 2 / count)));
  std::vector<torch::Tensor> made;
  for (size_t first = 0; first < count; first += kAtOnce) {
    const auto n = static_cast<int64_t>(std::min(kAtOnce, count - first));
    made.push_back(
        in_small(pictures_of_codes(model, sample_codes(model, n, height, width, first + 1), height, width)));
  }
  const torch::Tensor samples = torch::cat(made);
  const auto spread = [](const torch::Tensor& t) { return t.var(0).sum().sqrt().item<double>(); };
  return {{"pictures", static_cast<double>(pictures), 15},
          {"samples", static_cast<double>(count), 15},
          {"distinct_nearest", distinct_nearest(samples, known), 4},
          {"distinct_nearest_of_pictures", distinct_nearest(others, known), 4},
          {"spread", spread(samples) / spread(others), 4}};
}

// Samples of the same codes each time, and pictures of the set below.
Planes sheet(const Model& any, const RecordSet& set, Split split, size_t) {
  torch::NoGradGuard no_grad;
  const VaeModel& model = as_vae(any, "draw");
  const auto [height, width] = set.common_size();
  const auto shown = [](const torch::Tensor& pictures) {
    std::vector<Planes> all;
    for (int64_t i = 0; i < pictures.size(0); ++i) all.push_back(to_planes((pictures[i] / 255).clamp(0, 1)));
    return all;
  };
  const torch::Tensor codes = sample_codes(model, int64_t{kColumns} * kRows, height, width, kSheetSeed);
  const size_t count = std::min<size_t>(kColumns, set.size(split));
  const torch::Tensor pictures =
      read_pictures(set, split, 0, count, set.size(split) / std::max<size_t>(count, 1));
  const int magnify = std::clamp(64 / width, 1, 4);
  return stacked(std::vector<Planes>{
      captioned(grid(shown(pictures_of_codes(model, codes, height, width)), kColumns, magnify), "Samples"),
      captioned(grid(shown(pictures), kColumns, magnify), "Pictures of the set")});
}

}  // namespace

std::vector<int64_t> code_shape(const VaeModel& model, int64_t count, int64_t height, int64_t width) {
  const int64_t codes = model.settings().codes;
  const int64_t step = model.shrink();
  if (step == 0) return {count, codes};
  return {count, codes, (height + step - 1) / step, (width + step - 1) / step};
}

torch::Tensor sample_codes(const VaeModel& model, int64_t count, int64_t height, int64_t width,
                           uint64_t seed) {
  return torch::randn(code_shape(model, count, height, width), at::detail::createCPUGenerator(seed));
}

torch::Tensor pictures_of_codes(const VaeModel& model, const torch::Tensor& codes, int64_t height,
                                int64_t width) {
  return unapply(model.input, model.decode(codes, height, width, model.constant())).clamp(0, 255);
}

TaskKind gan_task() {
  std::vector<std::string> keys = adversarial_keys();
  keys.emplace_back("average");
  return {"gan", keys, read_stage, make, evaluate_gan, "samples", sheet};
}

}  // namespace reverie
