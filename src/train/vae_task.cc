// Kingma and Welling 2014; against a discriminator: Larsen et al. 2016, "Autoencoding beyond pixels using a
// learned similarity metric"; styles: Gatys et al. 2016 for the losses, Huang and Belongie 2017 for what is
// exchanged.
#include "train/vae_task.h"

#include <ATen/CPUGeneratorImpl.h>
#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "core/error.h"
#include "core/random.h"
#include "core/text.h"
#include "models/vae/refiner.h"
#include "models/vae/vae.h"
#include "train/adversarial.h"
#include "train/input.h"
#include "train/likelihood.h"
#include "train/perceptual.h"
#include "train/vae_figures.h"
#include "train/vae_stage.h"

namespace reverie {
namespace {

constexpr int64_t kStatisticsPictures = 50;             // of a label: the length of its codes' running mean
constexpr int64_t kGramPictures = 200;                  // after which its Gram matrices are known
constexpr int64_t kSteadyCrop = 16, kSteadyBorder = 8;  // pixels
constexpr double kSteadyNoise = 2;                      // of 255
constexpr double kMostLogVariance = 8;  // so that a flat region does not become certain without end
constexpr double kLeastDistance = 1;    // so that a refiner can begin as the identity

enum class Stream : uint64_t { kSample, kStyle, kShift, kNoise, kPrior, kPriorAgainst, kBinary };

constexpr const char* kDiscriminator = "discriminator";

// 0 to n - 1
int64_t below(Random& random, int64_t n) {
  return static_cast<int64_t>(random.uniform() * static_cast<double>(n));
}

// A total and its parts, of losses of each picture.
class LossSum {
 public:
  // per_picture: [N]; its sum is divided by `of`.
  void add(const char* name, const torch::Tensor& per_picture, double weight, double of) {
    if (weight == 0) return;
    const torch::Tensor sum = per_picture.sum() / of;
    losses.total = losses.total.defined() ? losses.total + weight * sum : weight * sum;
    losses.parts.push_back({name, sum.detach()});
  }
  Losses losses;
};

class VaeTask : public Task {
 public:
  VaeTask(const Recipe& recipe, const BuildOptions& options)
      : options_(options),
        network_(recipe.networks.front().second),
        model_(dynamic_cast<VaeModel*>(network_->build(options).release())),
        targets_(Layout()) {
    find_discriminator(recipe, options);
    Layout layout;
    for (const Stage& stage : recipe.stages) prepare(vae_stage(stage), layout);
    targets_ = Parameters(Layout(), layout, options.device);
  }

  // The second one learns nothing: what the pictures of a style look like, which a run goes on from.
  std::vector<TaskNetwork> networks() override {
    std::vector<TaskNetwork> all = {{discriminator_ ? "vae" : "", &model_->parameters()}};
    if (targets_.buffers().numel() > 0) all.push_back({"targets", &targets_});
    if (discriminator_) all.push_back({kDiscriminator, &discriminator_->parameters()});
    return all;
  }

  std::vector<Turn> turns() const override {
    std::vector<Turn> all = {Turn{}};
    const size_t place = targets_.buffers().numel() > 0 ? 2 : 1;
    for (int i = 0; i < turns_; ++i) all.push_back({kDiscriminator, {place}});
    return all;
  }

  Losses losses(const Sight& sight, const Stage& stage, const Turn& turn) override {
    const VaeStage& s = vae_stage(stage);
    if (turn.name == kDiscriminator) return losses_against(s, sight);
    const VaeWeights weights = sight.learning ? model_->learned() : model_->constant();
    torch::Tensor x = apply(model_->input, sight.pictures);
    if (s.binarise) x = binarised(x, draws_for(x, sight, Stream::kBinary));
    const auto count = static_cast<double>(sight.count);
    if (s.refine != RefinerTask::kNone) return refiner_losses(s, x, sight);
    LossSum sum;
    const Codes codes = model_->encode(x, weights);
    const torch::Tensor z = told(s.sample_codes ? sampled(codes, sight) : codes.mean, sight);
    const torch::Tensor kl = kl_divergence(codes.mean, codes.log_sigma);
    sum.add("kl", s.free_bits > 0 ? kl.clamp_min(s.free_bits).sum(1) : kl.sum(1), kl_weight(s, sight), count);
    const int64_t some = std::lround(s.reconstructions * static_cast<double>(x.size(0)));
    if (some > 0)
      add_reconstruction_losses(s, x.narrow(0, 0, some), z.narrow(0, 0, some), sight, weights, sum);
    if (s.has_against()) add_adversarial_losses(s, x, z, sight, weights, sum);
    if (sight.learning) see_labels(s, codes.mean.detach(), sight);
    if (!s.styles.empty()) add_style_losses(s, x, z, sight, weights, sum);
    return sum.losses;
  }

  bool spreads_test() const override { return true; }

  std::vector<std::string> frozen(const Stage& stage) const override {
    std::vector<std::string> names = stage.frozen;
    if (model_->settings().refiner == 0) return names;
    const std::string before = discriminator_ ? "vae." : "";
    if (vae_stage(stage).refine == RefinerTask::kNone) {
      names.push_back(before + kRefiner);
      return names;
    }
    for (const ParameterSlice& slice : model_->parameters().slices()) {
      if (!is_within(kRefiner, slice.name)) names.push_back(before + slice.name);
    }
    if (discriminator_) names.emplace_back(kDiscriminator);
    return names;
  }

  std::optional<NamedLoss> mean_loss(const Sight& sight, const Stage& stage) override {
    if (vae_stage(stage).pixels == 0 || model_->settings().variance || vae_stage(stage).binarise ||
        vae_stage(stage).likelihood == VaeLikelihood::kBernoulli ||
        vae_stage(stage).refine != RefinerTask::kNone)
      return {};
    const torch::Tensor x = apply(model_->input, sight.pictures);
    return NamedLoss{"pixels", (x - x.mean(0, true)).square().sum() / static_cast<double>(sight.count)};
  }

  std::unique_ptr<Model> model() const override { return copy_of(*model_, *network_, options_); }

 private:
  void find_discriminator(const Recipe& recipe, const BuildOptions& options) {
    for (const auto& [name, network] : recipe.networks) {
      if (name != kDiscriminator) continue;
      turns_ = discriminator_settings(*network).turns;
      discriminator_.reset(dynamic_cast<DiscriminatorModel*>(network->build(options).release()));
    }
    std::vector<std::string> names;
    if (discriminator_) {
      for (const LayerInfo& layer : discriminator_->layers(options.height, options.width))
        names.push_back(layer.name);
    }
    for (const Stage& stage : recipe.stages) {
      if (vae_stage(stage).has_against() && !discriminator_)
        throw Error("train", "the recipe",
                    "its stage has a weight for a discriminator, but it has no table [discriminator]");
      places_of(vae_stage(stage).discriminator_features, names);
    }
  }

  // A normal number for each of these.
  static torch::Tensor draws_for(const torch::Tensor& x, const Sight& sight, Stream stream) {
    return normal_draws(sight, static_cast<uint64_t>(stream), x.sizes().vec());
  }

  // What the discriminator learns: pictures from reconstructions, and from what the prior's codes become.
  Losses losses_against(const VaeStage& s, const Sight& sight) {
    const torch::Tensor x = apply(model_->input, sight.pictures);
    std::vector<torch::Tensor> made;
    {
      torch::NoGradGuard no_grad;
      const VaeWeights weights = sight.learning ? looking(model_->constant()) : model_->constant();
      const torch::Tensor z = sampled(model_->encode(x, weights), sight);
      for (const torch::Tensor& codes : {z, draws_for(z, sight, Stream::kPriorAgainst)})
        made.push_back(model_->decode(told(codes, sight), x.size(2), x.size(3), weights));
    }
    return discriminator_losses(*discriminator_, x, made, s.against, sight);
  }

  // What the decoder makes should pass for pictures of the training; the encoder learns only from what the
  // discriminator's layers see.
  void add_adversarial_losses(const VaeStage& s, const torch::Tensor& x, const torch::Tensor& z,
                              const Sight& sight, const VaeWeights& learned, LossSum& sum) {
    const VaeWeights weights = sight.learning ? looking(learned) : learned;
    const VaeWeights against =
        sight.learning ? looking(discriminator_->constant()) : discriminator_->constant();
    const auto count = static_cast<double>(sight.count);
    const auto shown = [&](const torch::Tensor& codes, std::vector<torch::Tensor>* all) {
      return discriminator_->scores(model_->decode(codes, x.size(2), x.size(3), weights), against, all);
    };
    if (s.adversarial_weight > 0) {
      const auto loss = [&](const torch::Tensor& codes) {
        return generator_loss(shown(codes, nullptr), s.against.loss).flatten(1).mean(1);
      };
      const torch::Tensor prior = told(draws_for(z, sight, Stream::kPrior), sight);
      sum.add("adversarial", (loss(z.detach()) + loss(prior)) / 2, s.adversarial_weight, count);
    }
    if (s.discriminator_features.empty()) return;
    std::vector<torch::Tensor> wanted;
    std::vector<torch::Tensor> have;
    discriminator_->scores(x, against, &wanted);
    shown(z, &have);
    std::vector<std::string> names;
    for (const LayerInfo& layer : discriminator_->layers(x.size(2), x.size(3))) names.push_back(layer.name);
    torch::Tensor apart;
    for (const size_t place : places_of(s.discriminator_features, names)) {
      const torch::Tensor one = (have[place] - wanted[place]).square().flatten(1).sum(1) / 2;
      apart = apart.defined() ? apart + one : one;
    }
    sum.add("discriminator_features", apart, s.discriminator_weight, count);
  }

  // How near the refined picture comes to the original, and how far it goes from what the decoder made, whose
  // weights stay as they are.
  Losses refiner_losses(const VaeStage& s, const torch::Tensor& x, const Sight& sight) {
    const auto count = static_cast<double>(sight.count);
    const auto distance = [](const torch::Tensor& a, const torch::Tensor& b) {
      return (a - b).square().flatten(1).sum(1);
    };
    torch::Tensor y = x;
    if (s.refine == RefinerTask::kOriginal) {
      torch::NoGradGuard no_grad;
      const VaeWeights as_used = model_->constant();
      const torch::Tensor z = told(sampled(model_->encode(x, as_used), sight), sight);
      y = model_->decode(z, x.size(2), x.size(3), as_used);
    }
    const torch::Tensor r = model_->refine(y, sight.learning ? model_->learned() : model_->constant());
    LossSum sum;
    sum.add("original", distance(r, x), s.original_weight, count);
    // of each picture, so that the parts of a batch add up; in 2017 of the batch's mean
    if (s.refine == RefinerTask::kOriginal)
      sum.add("apart", 1 / (distance(r, y) + kLeastDistance), s.apart_weight, count);
    return sum.losses;
  }

  // Reads the stage's network and lays out a place for each style's Gram matrices.
  void prepare(const VaeStage& s, Layout& layout) {
    if (s.perceptual.empty()) return;
    auto& network = perceptual_[s.perceptual];
    if (!network)
      network = std::make_unique<Perceptual>(
          s.perceptual,
          std::vector<std::vector<std::string>>{s.features, s.style_features, s.content_features},
          options_.device);
    for (const std::string& style : s.styles) {
      if (place_of(style) < 0)
        throw Error("learn the style", style,
                    fmt::format("the record set has no such label{}", did_you_mean(style, options_.labels)),
                    "styles are labels of the record set");
      for (int scale = 0; scale < s.style_scales; ++scale) {
        for (const std::string& layer : s.style_features) {
          const std::string name = gram_name(style, scale, layer);
          const auto there = [&](const ParameterSlice& slice) { return slice.name == name; };
          if (std::any_of(layout.slices().begin(), layout.slices().end(), there)) continue;
          const int64_t channels = network->channels(layer);
          layout.add(name, {channels, channels});
        }
      }
      layout.add("seen." + style, {1});
    }
  }

  static std::string gram_name(const std::string& style, int scale, const std::string& layer) {
    return fmt::format("gram.{}.{}.{}", style, scale, layer);
  }

  int64_t place_of(const std::string& label) const {
    const auto it = std::find(options_.labels.begin(), options_.labels.end(), label);
    return it == options_.labels.end() ? -1 : it - options_.labels.begin();
  }

  static double kl_weight(const VaeStage& s, const Sight& sight) {
    if (!sight.learning || sight.iteration >= s.kl_warm_up) return s.kl;
    return s.kl * static_cast<double>(sight.iteration + 1) / static_cast<double>(s.kl_warm_up);
  }

  static torch::Tensor sampled(const Codes& codes, const Sight& sight) {
    if (!sight.learning) return codes.mean;
    return codes.mean + draws_for(codes.mean, sight, Stream::kSample) * codes.log_sigma.exp();
  }

  torch::Tensor told(const torch::Tensor& codes, const Sight& sight) const {
    return model_->with_labels(codes, sight.labels);
  }

  const Perceptual& network_of(const VaeStage& s) const { return *perceptual_.at(s.perceptual); }

  // Of what the network made: its gradients reach it.
  std::vector<torch::Tensor> features_of(const VaeStage& s, const torch::Tensor& y,
                                         const std::vector<std::string>& layers) const {
    return network_of(s).features(unapply(model_->input, y), layers);
  }

  std::vector<torch::Tensor> constant_features(const VaeStage& s, const torch::Tensor& pictures,
                                               const std::vector<std::string>& layers) const {
    torch::NoGradGuard no_grad;
    return network_of(s).features(pictures, layers);
  }

  static torch::Tensor differences(const std::vector<torch::Tensor>& have,
                                   const std::vector<torch::Tensor>& wanted) {
    torch::Tensor sum;
    for (size_t i = 0; i < have.size(); ++i) {
      const torch::Tensor one = relative_difference(have[i], wanted[i]);
      sum = sum.defined() ? sum + one : one;
    }
    return sum / static_cast<double>(have.size());
  }

  // Running means of the labels' codes.
  void see_labels(const VaeStage& s, const torch::Tensor& codes, const Sight& sight) {
    torch::NoGradGuard no_grad;
    VaeWeights now = model_->constant();
    for (size_t l = 0; l < options_.labels.size(); ++l) {
      const bool is_style = s.styles.empty() ||
                            std::find(s.styles.begin(), s.styles.end(), options_.labels[l]) != s.styles.end();
      const torch::Tensor mine = sight.labels.eq(static_cast<int64_t>(l)).nonzero().flatten();
      if (!is_style || mine.numel() == 0) continue;
      const torch::Tensor own_codes = codes.index_select(0, mine);
      const auto row = static_cast<int64_t>(l);
      // the running statistics of batch normalisation lie beside them, and gradients are still to come
      const auto apart = [&](const char* name) { return now.buffers.at(name)[row].variable_data(); };
      add_to_label(own_codes, apart("label.mean"), apart("label.deviation"), apart("label.seen"));
      if (!s.styles.empty()) see_style(s, options_.labels[l], sight.pictures.index_select(0, mine));
    }
  }

  static void add_to_label(const torch::Tensor& codes, torch::Tensor mean, torch::Tensor deviation,
                           torch::Tensor seen) {
    seen.add_(static_cast<double>(codes.size(0)));
    const double share =
        static_cast<double>(codes.size(0)) / std::min<double>(seen.item<double>(), kStatisticsPictures);
    if (codes.dim() == 4) {  // the mean over pictures of what each has
      const CodeStatistics own = statistics_of(codes);
      mean.lerp_(own.mean.mean(0).flatten(), std::min(share, 1.0));
      deviation.lerp_(own.deviation.mean(0).flatten(), std::min(share, 1.0));
      return;
    }
    const torch::Tensor squares =
        (deviation.square() + mean.square()).lerp(codes.square().mean(0), std::min(share, 1.0));
    mean.lerp_(codes.mean(0), std::min(share, 1.0));
    deviation.copy_((squares - mean.square()).clamp_min(0).sqrt());
  }

  void see_style(const VaeStage& s, const std::string& style, const torch::Tensor& pictures) {
    std::map<std::string, torch::Tensor> now = targets();
    torch::Tensor seen = now.at("seen." + style);
    if (seen.item<double>() >= kGramPictures) return;
    seen.add_(static_cast<double>(pictures.size(0)));
    const double share = static_cast<double>(pictures.size(0)) / seen.item<double>();
    torch::Tensor picture = pictures;
    for (int scale = 0; scale < s.style_scales; ++scale) {
      if (scale > 0) picture = torch::avg_pool2d(picture, 2);
      const std::vector<torch::Tensor> features = network_of(s).features(picture, s.style_features);
      for (size_t i = 0; i < features.size(); ++i)
        now.at(gram_name(style, scale, s.style_features[i])).lerp_(gram_of(features[i]).mean(0), share);
    }
  }

  std::map<std::string, torch::Tensor> targets() const {
    std::map<std::string, torch::Tensor> all;
    const std::vector<torch::Tensor> cut = targets_.cut_buffers();
    for (size_t i = 0; i < cut.size(); ++i) all[targets_.buffer_slices()[i].name] = cut[i];
    return all;
  }

  // The styles that were seen, by their places among the labels.
  std::vector<std::string> seen_styles(const VaeStage& s) const {
    std::vector<std::string> seen;
    const auto now = targets();
    for (const std::string& style : s.styles) {
      if (now.at("seen." + style).item<float>() > 0) seen.push_back(style);
    }
    return seen;
  }

  // Pictures that are of no style; all where there is none such.
  torch::Tensor content_places(const VaeStage& s, const torch::Tensor& labels) const {
    torch::Tensor content = torch::ones_like(labels, torch::kBool);
    for (const std::string& style : s.styles) content = content & labels.ne(place_of(style));
    const torch::Tensor places = content.nonzero().flatten();
    return places.numel() > 0 ? places : torch::arange(labels.size(0), labels.options());
  }

  // Squares; -log p of samples that are probabilities or have a variance, of these but for a constant.
  static torch::Tensor pixel_distances(const VaeStage& s, const torch::Tensor& x,
                                       const DecodedCodes& decoded) {
    if (s.likelihood == VaeLikelihood::kBernoulli)
      return torch::binary_cross_entropy(decoded.mean, x, {}, at::Reduction::None).flatten(1).sum(1);
    const torch::Tensor squares = (x - decoded.mean).square();
    if (!decoded.log_variance.defined()) return squares.flatten(1).sum(1);
    const torch::Tensor sure = decoded.log_variance.clamp(-kMostLogVariance, kMostLogVariance);
    return (squares * (-sure).exp() + sure).flatten(1).sum(1) / 2;
  }

  // Of the first pictures of the batch.
  void add_reconstruction_losses(const VaeStage& s, const torch::Tensor& x, const torch::Tensor& z,
                                 const Sight& sight, const VaeWeights& weights, LossSum& sum) {
    const DecodedCodes decoded = model_->decode_whole(z, x.size(2), x.size(3), weights);
    const torch::Tensor& y = decoded.mean;
    const auto of = static_cast<double>(x.size(0)) * static_cast<double>(sight.count) /
                    static_cast<double>(sight.pictures.size(0));
    sum.add("pixels", pixel_distances(s, x, decoded), s.pixels, of);
    if (s.features.empty()) return;
    const std::vector<torch::Tensor> wanted =
        constant_features(s, sight.pictures.narrow(0, 0, x.size(0)), s.features);
    sum.add("features", differences(features_of(s, y, s.features), wanted), s.feature_weight, of);
  }

  void add_style_losses(const VaeStage& s, const torch::Tensor& x, const torch::Tensor& z, const Sight& sight,
                        const VaeWeights& weights, LossSum& sum) {
    const std::vector<std::string> styles = seen_styles(s);
    if (styles.empty()) return;
    const torch::Tensor places = content_places(s, sight.labels);
    std::vector<std::string> drawn;
    CodeStatistics to{{}, {}};
    std::vector<torch::Tensor> means;
    std::vector<torch::Tensor> deviations;
    const torch::Tensor counted = places.to(torch::kCPU);
    const auto* place = counted.data_ptr<int64_t>();
    for (int64_t i = 0; i < counted.numel(); ++i) {
      const auto slot = static_cast<uint64_t>(sight.first + place[i]);
      Random random = draws(sight, Stream::kStyle).split(slot);
      drawn.push_back(styles[static_cast<size_t>(below(random, static_cast<int64_t>(styles.size())))]);
      const CodeStatistics one = model_->label_statistics(drawn.back());
      means.push_back(one.mean.clone());
      deviations.push_back(one.deviation.clone());
    }
    to = {torch::cat(means), torch::cat(deviations)};
    const auto restyled = [&](const torch::Tensor& from) { return moved_to(from, statistics_of(from), to); };
    const torch::Tensor y =
        model_->decode(restyled(z.index_select(0, places)), x.size(2), x.size(3), weights);
    const auto of = static_cast<double>(places.numel()) * static_cast<double>(sight.count) /
                    static_cast<double>(x.size(0));
    const torch::Tensor pictures = unapply(model_->input, y);
    const torch::Tensor originals = sight.pictures.index_select(0, places);
    std::vector<std::string> layers = s.style_features;
    layers.insert(layers.end(), s.content_features.begin(), s.content_features.end());
    std::vector<torch::Tensor> seen = network_of(s).features(pictures, layers);
    const std::vector<torch::Tensor> content(
        seen.begin() + static_cast<std::ptrdiff_t>(s.style_features.size()), seen.end());
    seen.resize(s.style_features.size());
    if (!content.empty())
      sum.add("content", differences(content, constant_features(s, originals, s.content_features)),
              s.content_weight, of);
    torch::Tensor style = style_difference(s, drawn, 0, seen);
    torch::Tensor smaller = pictures;
    for (int scale = 1; scale < s.style_scales; ++scale) {
      smaller = torch::avg_pool2d(smaller, 2);
      style = style + style_difference(s, drawn, scale, network_of(s).features(smaller, s.style_features));
    }
    sum.add("style", style / static_cast<double>(s.style_scales), s.style_weight, of);
    if (s.code_weight > 0) {
      const CodeStatistics have = statistics_of(model_->encode(y, weights).mean);
      sum.add("codes", code_difference(have, to), s.code_weight, of);
    }
    if (s.variation > 0) sum.add("variation", total_variation(y), s.variation, of);
    if (s.steady > 0 && sight.learning)
      sum.add("steady", steady_difference(x.index_select(0, places), y, to, sight, weights), s.steady, of);
  }

  // Of the statistics, in units of the wanted deviations, [N].
  static torch::Tensor code_difference(const CodeStatistics& have, const CodeStatistics& to) {
    const torch::Tensor mean = (have.mean - to.mean) / to.deviation;
    const torch::Tensor deviation = (have.deviation - to.deviation) / to.deviation;
    return (mean.square() + deviation.square()).flatten(1).mean(1);
  }

  static Random draws(const Sight& sight, Stream stream) {
    return Random(sight.seed)
        .split(static_cast<uint64_t>(sight.iteration))
        .split(static_cast<uint64_t>(stream));
  }

  torch::Tensor style_difference(const VaeStage& s, const std::vector<std::string>& drawn, int scale,
                                 const std::vector<torch::Tensor>& features) const {
    const auto now = targets();
    torch::Tensor sum;
    for (size_t i = 0; i < features.size(); ++i) {
      std::vector<torch::Tensor> wanted;
      for (const std::string& style : drawn)
        wanted.push_back(now.at(gram_name(style, scale, s.style_features[i])));
      const torch::Tensor one = relative_difference(gram_of(features[i]), torch::stack(wanted));
      sum = sum.defined() ? sum + one : one;
    }
    return sum / static_cast<double>(features.size());
  }

  // How much a picture changes beside its own movement when what it shows moves a little and has other noise:
  // the next frame of a film.
  torch::Tensor steady_difference(const torch::Tensor& x, const torch::Tensor& y, const CodeStatistics& to,
                                  const Sight& sight, const VaeWeights& weights) const {
    const int64_t height = x.size(2) - kSteadyCrop;
    const int64_t width = x.size(3) - kSteadyCrop;
    if (height <= 2 * kSteadyBorder || width <= 2 * kSteadyBorder)
      return torch::zeros({x.size(0)}, x.options());
    Random random = draws(sight, Stream::kShift);
    const auto top = below(random, kSteadyCrop + 1);
    const auto left = below(random, kSteadyCrop + 1);
    const int64_t few = (x.size(0) + 2) / 3;
    const auto cut = [&](const torch::Tensor& t) {
      return t.narrow(0, 0, few).narrow(2, top, height).narrow(3, left, width);
    };
    const torch::Tensor moved = cut(x);
    const torch::Tensor noise =
        torch::randn(moved.sizes(), at::detail::createCPUGenerator(draws(sight, Stream::kNoise).bits()))
            .to(moved.device());
    const torch::Tensor codes =
        model_->encode(moved + noise * kSteadyNoise * model_->input.scale, weights).mean;
    const CodeStatistics mine{to.mean.narrow(0, 0, few), to.deviation.narrow(0, 0, few)};
    const torch::Tensor next =
        model_->decode(moved_to(codes, statistics_of(codes), mine), height, width, weights);
    const auto inner = [&](const torch::Tensor& t) {
      return t.narrow(2, kSteadyBorder, height - 2 * kSteadyBorder)
          .narrow(3, kSteadyBorder, width - 2 * kSteadyBorder);
    };
    return (inner(next) - inner(cut(y))).square().flatten(1).mean(1) *
           (static_cast<double>(x.size(0)) / static_cast<double>(few));
  }

  BuildOptions options_;
  std::shared_ptr<const NetworkSettings> network_;
  std::unique_ptr<VaeModel> model_;
  std::unique_ptr<DiscriminatorModel> discriminator_;  // none: null
  int turns_ = 0;                                      // of it in a step
  std::map<std::string, std::unique_ptr<Perceptual>> perceptual_;
  Parameters targets_;
};

std::unique_ptr<Task> make(const Recipe& recipe, const BuildOptions& options) {
  return std::make_unique<VaeTask>(recipe, options);
}

}  // namespace

torch::Tensor kl_divergence(const torch::Tensor& mean, const torch::Tensor& log_sigma) {
  const torch::Tensor each = (mean.square() + (2 * log_sigma).exp() - 1 - 2 * log_sigma) * 0.5;
  return each.dim() == 4 ? each.sum(at::IntArrayRef({2, 3})) : each;
}

TaskKind vae_task() {
  return {"vae", vae_stage_keys(), read_vae_stage, make, vae_figures, "reconstructions", vae_sheet};
}

}  // namespace reverie
