// Goodfellow et al. 2014, "Generative Adversarial Networks"; by scales, Denton et al. 2015
// (models/vae/scales.h).
#include "train/gan_task.h"

#include <ATen/CPUGeneratorImpl.h>
#include <fmt/format.h>

#include <algorithm>
#include <map>

#include "core/error.h"
#include "core/random.h"
#include "core/text.h"
#include "models/layer_words.h"
#include "models/vae/grid_codes.h"
#include "models/vae/scales.h"
#include "sheets/sheet.h"
#include "train/adversarial.h"
#include "train/input.h"
#include "train/inspect.h"
#include "train/perceptual.h"

namespace reverie {
namespace {

constexpr uint64_t kSheetSeed = 1;
constexpr const char* kDiscriminator = "discriminator";
constexpr const char* kFirst = "discriminator0";
constexpr uint64_t kLooks = 1;      // of the random numbers of a step
constexpr uint64_t kPlaces = 1000;  // beyond all turns
constexpr size_t kAtOnce = 50;
constexpr size_t kCompared = 500;   // samples whose nearest pictures are looked up
constexpr int64_t kSmallSide = 16;  // of pictures when they are compared
constexpr int kColumns = 10, kRows = 6;

class GanStage : public StageSettings {
 public:
  std::string text() const override {
    std::string text = settings.text() + fmt::format("average = {}\n", average);
    if (!perceptual.empty())
      text += fmt::format("perceptual = {}\nlooks = [{}]\nlooks_weight = {}\nlooks_scales = {}\n",
                          quote_toml(perceptual), quoted_layers(looks), looks_weight, looks_scales);
    return text;
  }
  AdversarialSettings settings;
  double average = 0.999;  // how much of the averaged generator stays in each step
  std::string perceptual;  // a network whose layers `looks` say what looks like the pictures of the set
  std::vector<std::string> looks;
  double looks_weight = 1;
  int looks_scales = 2;
};

const GanStage& own(const Stage& stage) {
  return dynamic_cast<const GanStage&>(*stage.own);
}

std::vector<Stage> read_stage(const TomlReader& reader, const NetworkSettings&, const InputSettings&,
                              const Stage& common) {
  auto s = std::make_shared<GanStage>();
  s->settings = read_adversarial(reader);
  s->average = reader.number("average", 0, 0.999999, s->average);
  s->perceptual = reader.text("perceptual", "");
  s->looks = words_at(reader, "looks");
  s->looks_weight = reader.number("looks_weight", 0, 1e6, s->looks_weight);
  s->looks_scales = static_cast<int>(reader.whole("looks_scales", 1, 4, s->looks_scales));
  for (const char* key : {"looks", "looks_weight", "looks_scales"}) {
    const TomlNode* node = reader.find(key);
    if (node && s->perceptual.empty()) reader.fail(*node, fmt::format("{} needs perceptual", key));
  }
  Stage stage = common;
  stage.own = s;
  return {stage};
}

// What is kept and played is the average of the generators of all steps.
//
// By scales, each learns on its own: finer ones see the pictures of the training in the scale below, and none
// is told of another's mistakes.  One turn trains the discriminators of all scales and one the generators: no
// weight is in the losses of two scales.
class GanTask : public Task {
 public:
  // Discriminators of finer scales follow.
  enum Network : size_t { kGenerator, kAgainst, kAverage, kFiner };

  GanTask(const Recipe& recipe, const BuildOptions& options)
      : options_(options), family_(recipe.family()), network_(recipe.networks.front().second) {
    const auto against = std::find_if(recipe.networks.begin(), recipe.networks.end(),
                                      [](const auto& network) { return network.first == kDiscriminator; });
    generator_ = build<VaeModel>(*network_, options);
    average_ = build<VaeModel>(*network_, options);
    check_size();
    if (against != recipe.networks.end()) {
      turns_ = discriminator_settings(*against->second).turns;
      build_discriminators(*against->second);
    }
    for (const Stage& stage : recipe.stages) read_perceptual(own(stage));
  }

  std::vector<TaskNetwork> networks() override {
    std::vector<TaskNetwork> all = {{family_, &generator_->parameters()}};
    if (!discriminators_.empty()) all.push_back({kDiscriminator, &discriminators_[0]->parameters()});
    all.push_back({"average", &average_->parameters()});
    for (size_t i = 1; i < discriminators_.size(); ++i)
      all.push_back({fmt::format("{}.finer{}", kDiscriminator, i), &discriminators_[i]->parameters()});
    return all;
  }

  std::vector<Turn> turns() const override {
    if (discriminators_.empty()) return {{"generator", {kGenerator}}};
    std::vector<Turn> all;
    std::vector<size_t> against = {kAgainst};
    for (size_t i = 1; i < discriminators_.size(); ++i) against.push_back(kFiner + i - 1);
    for (int i = 0; i < turns_; ++i) all.push_back({fmt::format("{}{}", kDiscriminator, i), against});
    all.push_back({"generator", {kGenerator}});
    return all;
  }

  Losses losses(const Sight& sight, const Stage& stage, const Turn& turn) override {
    const AdversarialSettings& s = own(stage).settings;
    const bool plays = turn.networks[0] == kGenerator;
    const bool first = turn.name == kFirst || discriminators_.empty();
    if (sight.learning && first)
      move_average(average_->parameters(), generator_->parameters(), own(stage).average, sight.iteration);
    const std::vector<torch::Tensor> pictures =
        pyramid(apply(generator_->input, sight.pictures), generator_->scales());
    const torch::Tensor classes = classes_of(sight);
    Losses all;
    for (size_t scale = 0; scale < pictures.size(); ++scale) {
      const torch::Tensor& x = pictures[scale];
      const torch::Tensor below = scale > 0 ? pictures[scale - 1] : torch::Tensor();
      const torch::Tensor beside =
          classes.defined() ? class_planes(classes, x.size(2), x.size(3)) : torch::Tensor();
      const torch::Tensor y = generate(sight, turn, scale, below, classes);
      Losses own;
      if (!plays) {
        own = discriminator_losses(*discriminators_[scale], x, {y}, s, sight, beside);
      } else {
        if (!discriminators_.empty()) own = deceiving(scale, joined(y, beside), s, sight);
        add_looks(stage, y, sight, own);
      }
      all.total = all.total.defined() ? all.total + own.total : own.total;
      const std::string of = pictures.size() > 1 ? fmt::format("_{}", x.size(3)) : "";
      for (const NamedLoss& part : own.parts) all.parts.push_back({part.name + of, part.value});
    }
    if (!plays && turn.name != kFirst) all.parts.clear();  // one of several turns is reported
    return all;
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

  void build_discriminators(const NetworkSettings& network) {
    const DiscriminatorSettings said = discriminator_settings(network);
    const size_t scales = generator_->scales();
    if (scales == 1) {
      discriminators_.push_back(build<DiscriminatorModel>(network, options_));
      return;
    }
    if (said.finer.size() + 1 != scales)
      throw Error("train", "the generators",
                  fmt::format("they have {} finer scales, and their discriminators {}", scales - 1,
                              said.finer.size()));
    for (size_t i = 0; i < scales; ++i) {
      DiscriminatorSettings s = at_scale(said, i);
      s.planes = generator_->settings().classes;
      s.width = options_.width >> (scales - 1 - i);
      s.height = options_.height >> (scales - 1 - i);
      discriminators_.push_back(std::make_unique<DiscriminatorModel>(s, options_.input, options_.device));
      discriminators_.back()->initialise(Random(options_.seed).split(i).bits());
    }
  }

  // [N, K]: 1 for the class of each picture, 0 for others; undefined where nobody asks.
  torch::Tensor classes_of(const Sight& sight) const {
    const int64_t count = generator_->settings().classes;
    if (count == 0) return {};
    const torch::Tensor all = torch::arange(count, sight.labels.options());
    return sight.labels.unsqueeze(1).eq(all).to(torch::kFloat32);
  }

  Losses deceiving(size_t scale, const torch::Tensor& y, const AdversarialSettings& s, const Sight& sight) {
    const DiscriminatorModel& against = *discriminators_[scale];
    const VaeWeights weights = sight.learning ? looking(against.constant()) : against.constant();
    Losses losses;
    losses.total = generator_loss(against.scores(y, weights), s.loss).flatten(1).mean(1).sum() /
                   static_cast<double>(sight.count);
    losses.parts.push_back({"generator", losses.total.detach()});
    return losses;
  }

  // Reads the stage's network.
  void read_perceptual(const GanStage& stage) {
    if (stage.perceptual.empty() && discriminators_.empty())
      throw Error("train", "a generator",
                  "the recipe has no table [discriminator], and a stage no `perceptual`");
    if (stage.perceptual.empty()) return;
    if (generator_->scales() > 1)
      throw Error("train", "a generator by scales", "`looks` are of generators of one scale alone");
    auto& network = perceptual_[stage.perceptual];
    network = std::make_unique<Perceptual>(
        stage.perceptual, std::vector<std::vector<std::string>>{stage.looks}, options_.device);
  }

  // Of the share of the batch that this process has.
  void add_looks(const Stage& stage, const torch::Tensor& y, const Sight& sight, Losses& to) {
    const GanStage& s = own(stage);
    if (s.perceptual.empty()) return;
    const Random draws = Random(sight.seed).split(static_cast<uint64_t>(sight.iteration)).split(kLooks);
    const torch::Tensor looks = looks_between(*perceptual_.at(s.perceptual), s.looks, s.looks_scales,
                                              unapply(generator_->input, y), sight.pictures, draws) *
                                (static_cast<double>(y.size(0)) / static_cast<double>(sight.count));
    to.parts.push_back({"looks", looks.detach()});
    const torch::Tensor weighted = s.looks_weight * looks;
    to.total = to.total.defined() ? to.total + weighted : weighted;
  }

  // Each turn plays on codes of its own.
  torch::Tensor generate(const Sight& sight, const Turn& turn, size_t scale, const torch::Tensor& below,
                         const torch::Tensor& classes) {
    VaeModel& model = sight.learning ? *generator_ : *average_;
    const int64_t height = sight.pictures.size(2);
    const int64_t width = sight.pictures.size(3);
    const int64_t count = sight.pictures.size(0);
    const torch::Tensor z = drawn(sight, place_of(turn) + scale * turns().size(),
                                  model.scales() > 1 ? std::vector{count, model.scale_codes(scale)}
                                                     : code_shape(model, count, height, width));
    const auto made = [&](const VaeWeights& weights) {
      return model.scales() > 1 ? model.decode_scale(scale, below, z, classes, weights)
                                : model.decode(z, height, width, weights);
    };
    if (turn.networks[0] == kGenerator && sight.learning) return made(model.learned());
    torch::NoGradGuard no_grad;
    return made(sight.learning ? looking(model.constant()) : model.constant());
  }

  // Of a grid at a place of its own for each picture, as `latent` comes upon them.
  static torch::Tensor drawn(const Sight& sight, uint64_t stream, const std::vector<int64_t>& shape) {
    if (shape.size() != 4) return normal_draws(sight, stream, shape);
    const torch::Tensor places = normal_draws(sight, stream + kPlaces, {shape[0], 2});
    return smooth_codes(normal_draws(sight, stream, {shape[0], shape[1], shape[2] + 3, shape[3] + 3}),
                        places - places.floor());
  }

  uint64_t place_of(const Turn& turn) const {
    const std::vector<Turn> all = turns();
    const auto it = std::find_if(all.begin(), all.end(), [&](const Turn& t) { return t.name == turn.name; });
    return static_cast<uint64_t>(it - all.begin());
  }

  BuildOptions options_;
  std::string family_;
  std::shared_ptr<const NetworkSettings> network_;
  std::unique_ptr<VaeModel> generator_, average_;
  std::vector<std::unique_ptr<DiscriminatorModel>> discriminators_;  // of each scale, the coarsest first
  std::map<std::string, std::unique_ptr<Perceptual>> perceptual_;    // by their files
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
  torch::Tensor codes = sample_codes(model, int64_t{kColumns} * kRows, height, width, kSheetSeed);
  // one label after the other: of ten a column has one each
  if (const int64_t classes = model.settings().classes; classes > 0)
    codes = model.with_classes(codes, torch::eye(classes).index({torch::arange(codes.size(0)) % classes}));
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
  const int64_t codes = model.codes();
  const int64_t step = model.shrink();
  if (step == 0) return {count, codes};
  return {count, codes, (height + step - 1) / step, (width + step - 1) / step};
}

torch::Tensor sample_codes(const VaeModel& model, int64_t count, int64_t height, int64_t width,
                           uint64_t seed) {
  std::vector<int64_t> shape = code_shape(model, count, height, width);
  const bool grid = shape.size() == 4;
  if (grid) {
    shape[2] += 3;
    shape[3] += 3;
  }
  const torch::Tensor noise = torch::randn(shape, at::detail::createCPUGenerator(seed));
  return grid ? smooth_codes(noise, torch::zeros({count, 2})) : noise;
}

torch::Tensor pictures_of_codes(const VaeModel& model, const torch::Tensor& codes, int64_t height,
                                int64_t width) {
  return unapply(model.input, model.decode(codes, height, width, model.constant())).clamp(0, 255);
}

TaskKind gan_task() {
  std::vector<std::string> keys = adversarial_keys();
  for (const char* key : {"average", "perceptual", "looks", "looks_weight", "looks_scales"})
    keys.emplace_back(key);
  return {"gan", keys, read_stage, make, evaluate_gan, "samples", sheet};
}

TaskKind lapgan_task() {
  TaskKind kind = gan_task();
  kind.family = "lapgan";
  return kind;
}

}  // namespace reverie
