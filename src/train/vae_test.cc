// Training variational autoencoders.
#include <gtest/gtest.h>

#include "core/test_help.h"
#include "models/vae/vae.h"
#include "train/features_test_help.h"
#include "train/resume_test_help.h"
#include "train/run.h"
#include "train/stripes_test_help.h"
#include "train/test_set.h"
#include "train/vae_task.h"
#include "weights/safetensors.h"

namespace reverie {
namespace {

constexpr const char* kGrid = R"(
[vae]
encoder = ["conv 8 5 2", "conv 8 3 2"]
decoder = ["residual", "up", "conv 8 3", "shuffle 3 3"]
codes = 6
norm = "style"
padding = "reflect"
[input]
mean = false
scale = 0.00392156862745098
[[stage]]
solver = "adam"
batch = 8
iterations = 60
rate = 0.005
pixels = 0.01
kl = 1e-5
clip = 10
)";

constexpr const char* kVector = R"(
[vae]
encoder = ["conv 6 5 2", "conv 8 3 2"]
codes = 4
spatial = false
size = "12x12"
norm = "batch"
output = "elu"
output_norm = true
[input]
mean = false
scale = 0.00392156862745098
[[stage]]
solver = "adam"
batch = 8
iterations = 60
rate = 0.01
kl_warm_up = 10
)";

std::vector<std::string> style_changes(const std::string& features, const std::string& style) {
  return {"perceptual=" + features,       "features=[\"conv1\"]",
          "styles=[\"" + style + "\"]",   "style_features=[\"conv1\", \"conv2\"]",
          "content_features=[\"conv2\"]", "variation=0.1",
          "reconstructions=0.5",          "steady=1"};
}

TEST(VaeTask, KlDivergenceIsTheClosedForm) {
  const torch::Tensor mean = torch::randn({3, 4}, torch::kFloat64);
  const torch::Tensor log_sigma = torch::randn({3, 4}, torch::kFloat64);
  // log N(z; m, s) - log N(z; 0, 1), the mean over a fine grid of z
  const torch::Tensor at = torch::linspace(-12, 12, 200001, torch::kFloat64);
  const torch::Tensor have = kl_divergence(mean, log_sigma);
  for (int64_t i = 0; i < 3; ++i) {
    for (int64_t c = 0; c < 4; ++c) {
      const double m = mean[i][c].item<double>();
      const double l = log_sigma[i][c].item<double>();
      const double s = std::exp(l);
      const torch::Tensor e = (at - 0);
      const torch::Tensor z = m + s * e;
      const torch::Tensor density = (-0.5 * e.square()).exp() / std::sqrt(2 * M_PI);
      const torch::Tensor log_ratio = -0.5 * e.square() - l + 0.5 * z.square();
      const double wanted = (density * log_ratio).sum().item<double>() * 24 / 200000;
      EXPECT_NEAR(have[i][c].item<double>(), wanted, 1e-6 * std::max(1.0, wanted));
    }
  }
}

double test_error(const Model& model, const RecordSet& set) {
  return figures_of(model, set, Split::kTest, 0)[1].value;
}

TEST(VaeTask, BothFormsLearnToReconstruct) {
  const RecordSet set = striped_set(64, 16, 12);
  for (const char* text : {kGrid, kVector}) {
    const Recipe recipe = parse_recipe(text, "small.toml");
    Group alone;
    Trainer trainer(recipe, set, {}, alone, nullptr);
    const double before = test_error(*trainer.model(), set);
    while (!trainer.done()) trainer.step();
    EXPECT_LT(test_error(*trainer.model(), set), 0.6 * before) << text;
  }
}

// Codes of the prior, told either label.
TEST(VaeTask, ALabelThatIsToldSaysWhatIsMade) {
  const RecordSet set = striped_set(64, 16, 12);
  const Recipe recipe =
      parse_recipe(kVector, "small.toml",
                   {"vae.conditional=true", "vae.codes=2", "vae.encoder=[\"dense 96\", \"dense 48\"]",
                    "iterations=800", "kl=0.05", "norm=none", "output_norm=false"});
  Group alone;
  Trainer trainer(recipe, set, {}, alone, nullptr);
  const auto made = [&](int64_t label) { return stripes_made(*trainer.model(), label, 12); };
  while (!trainer.done()) trainer.step();
  const auto [along, not_across] = made(0);
  const auto [not_along, across] = made(1);
  EXPECT_GT(along, 3 * not_across);
  EXPECT_GT(across, 3 * not_along);
}

// The gradient of the whole loss against central differences, along a random direction.
TEST(VaeTask, GradientsAreThoseOfTheLoss) {
  const RecordSet set = striped_set(8, 4, 12);
  const Recipe recipe = parse_recipe(kVector, "small.toml", {"kl=0.3", "norm=none", "output_norm=false"});
  BuildOptions options;
  options.labels = set.labels();
  options.input = {1.0 / 255, false, {}};
  const std::unique_ptr<Task> task = task_kind("vae").make(recipe, options);
  Sight sight;
  sight.pictures = torch::rand({4, 3, 12, 12}) * 255;
  sight.labels = torch::zeros({4}, torch::kInt64);
  sight.count = 4;
  sight.iteration = 100;
  torch::Tensor& flat = task->networks()[0].parameters->flat();
  const auto loss = [&] { return task->losses(sight, recipe.stages[0], Turn{}).total; };
  const torch::Tensor gradient = torch::autograd::grad({loss()}, {flat})[0];
  torch::NoGradGuard no_grad;
  const torch::Tensor along = gradient / gradient.norm();
  const torch::Tensor start = flat.clone();
  constexpr double kStep = 2e-3;
  const auto at = [&](double t) {
    flat.copy_(start + t * along);
    return loss().item<double>();
  };
  const double slope = (at(kStep) - at(-kStep)) / (2 * kStep);
  EXPECT_NEAR(slope, gradient.norm().item<double>(), 0.02 * std::abs(slope));
}

TEST(VaeTask, LearnsAStyleAndGoesOnFromACheckpointToTheSameBits) {
  const TemporaryFolder folder;
  const RecordSet set = striped_set(40, 10, 32);
  const Recipe recipe =
      parse_recipe(kGrid, "small.toml", style_changes(write_features(folder), set.labels()[1]));
  const auto [whole, end] = train_both_ways(recipe, set, 3, 8);
  ASSERT_EQ(end.weights.size(), 2U) << "what the style's pictures look like is kept too";
  EXPECT_TRUE(torch::equal(end.weights[0], whole.weights[0]));
  EXPECT_TRUE(torch::equal(end.buffers[0], whole.buffers[0]));
  EXPECT_TRUE(torch::equal(end.buffers[1], whole.buffers[1]));
  EXPECT_GT(whole.buffers[1].abs().sum().item<double>(), 0);
}

TEST(VaeTask, TheStyleLossFalls) {
  const TemporaryFolder folder;
  const RecordSet set = striped_set(40, 10, 32);
  const Recipe recipe =
      parse_recipe(kGrid, "small.toml", style_changes(write_features(folder), set.labels()[1]));
  Group alone;
  Trainer trainer(recipe, set, {}, alone, nullptr);
  const auto style = [](const TrainingStep& step) {
    for (const auto& [name, value] : step.parts) {
      if (name == "style") return value;
    }
    return -1.0;
  };
  double first = 0;
  double last = 0;
  for (int i = 0; i < 50; ++i) {
    const double now = style(trainer.step());
    if (i >= 2 && i < 8) first += now;
    if (i >= 44) last += now;
  }
  EXPECT_GT(last, 0);
  EXPECT_LT(last, 0.7 * first);
  const std::unique_ptr<Model> model = trainer.model();
  EXPECT_EQ(message_of([&] { as_vae(*model, "test").label_statistics(set.labels()[1]); }), "");
  EXPECT_NE(message_of([&] { as_vae(*model, "test").label_statistics(set.labels()[0]); }), "")
      << "not a style";
}

// Of pictures that are noise on one side only.
TEST(VaeTask, AVarianceLearnsHowSureTheMeanIs) {
  const Recipe recipe =
      parse_recipe(kVector, "small.toml", {"vae.variance=true", "output_norm=false", "iterations=1"});
  BuildOptions options;
  options.width = options.height = 12;
  options.input = {1.0 / 255, false, {}};
  const std::unique_ptr<Task> task = task_kind("vae").make(recipe, options);
  torch::Tensor& flat = task->networks()[0].parameters->flat();
  torch::Tensor squares = torch::zeros_like(flat);
  Sight sight;
  sight.labels = torch::zeros({8}, torch::kInt64);
  sight.count = 8;
  torch::manual_seed(3);
  for (int i = 0; i < 300; ++i) {
    sight.iteration = i;
    sight.pictures = torch::full({8, 3, 12, 12}, 100.0);
    sight.pictures.narrow(3, 6, 6).add_(60 * torch::randn({8, 3, 12, 6}));
    const torch::Tensor loss = task->losses(sight, recipe.stages[0], Turn{}).total;
    const torch::Tensor gradient = torch::autograd::grad({loss}, {flat})[0];
    torch::NoGradGuard no_grad;
    squares.lerp_(gradient.square(), 0.05);
    flat.sub_(0.005 * gradient / (squares.sqrt() + 1e-6));
  }
  const std::unique_ptr<Model> model = task->model();
  const VaeModel& vae = as_vae(*model, "test");
  torch::NoGradGuard no_grad;
  const VaeWeights weights = vae.constant();
  const Codes codes = vae.encode(apply(vae.input, sight.pictures), weights);
  const torch::Tensor deviation = (vae.decode_whole(codes.mean, 12, 12, weights).log_variance / 2).exp();
  const double noisy = deviation.narrow(3, 6, 6).mean().item<double>();
  EXPECT_NEAR(noisy, 60.0 / 255, 0.25 * 60 / 255);
  EXPECT_LT(deviation.narrow(3, 0, 6).mean().item<double>(), 0.3 * noisy);
}

// First it learns to reproduce its input, then to add what the codes lack; the VAE is frozen.
TEST(VaeTask, TheRefinerBringsPicturesNearerToTheirOriginals) {
  const RecordSet set = striped_set(64, 16, 12);
  const std::string text = std::string(kVector) + R"(
[[stage]]
solver = "adam"
batch = 8
iterations = 60
rate = 0.005
refine = "identity"
[[stage]]
solver = "adam"
batch = 8
iterations = 60
rate = 0.003
refine = "original"
)";
  const Recipe recipe = parse_recipe(text, "small.toml", {"vae.refiner=4", "stage.1.iterations=20"});
  EXPECT_FALSE(find_difference(recipe, parse_recipe(format_recipe(recipe), "again.toml")));
  Group alone;
  Trainer trainer(recipe, set, {}, alone, nullptr);
  const auto psnr = [&] {
    const std::vector<Figure> figures = figures_of(*trainer.model(), set, Split::kTest, 0);
    EXPECT_EQ(figures[4].name, "psnr_refined");
    return std::pair(figures[3].value, figures[4].value);
  };
  const auto weights = [&] {
    std::map<std::string, std::vector<float>> all;
    for (const auto& [name, tensor] : trainer.model()->tensors().tensors) {
      if (!name.starts_with("refine")) all[name] = tensor.data;
    }
    return all;
  };
  for (int i = 0; i < 20; ++i) trainer.step();
  const auto before = weights();
  const double untrained = psnr().second;
  for (int i = 0; i < 60; ++i) trainer.step();
  const double identity = psnr().second;
  EXPECT_GT(identity, untrained);
  while (!trainer.done()) trainer.step();
  EXPECT_GT(psnr().second, psnr().first + 1) << "decibels that it adds";
  EXPECT_EQ(weights(), before);
  EXPECT_NE(message_of([&] { parse_recipe(kVector, "small.toml", {"refine=original"}); }).find("no refiner"),
            std::string::npos);
}

constexpr const char* kAgainst = R"(
[discriminator]
layers = ["conv 6 5 2", "conv 8 5 2"]
spectral = true
)";

std::string with_discriminator() {
  const std::string text = kVector;
  const size_t at = text.find("[input]");
  return text.substr(0, at) + kAgainst + text.substr(at);
}

// VAE/GAN.
TEST(VaeTask, LearnsAgainstADiscriminatorAndGoesOnToTheSameBits) {
  const RecordSet set = striped_set(40, 10, 12);
  const Recipe recipe =
      parse_recipe(with_discriminator(), "small.toml",
                   {"adversarial_weight=1", "discriminator_features=[\"layer2\"]", "r1=0.1"});
  EXPECT_FALSE(find_difference(recipe, parse_recipe(format_recipe(recipe), "again.toml")));
  const auto [whole, end] = train_both_ways(recipe, set, 3, 8);
  ASSERT_EQ(end.weights.size(), 2U);
  for (size_t i = 0; i < 2; ++i) EXPECT_TRUE(torch::equal(end.weights[i], whole.weights[i])) << i;
  for (size_t i = 0; i < end.solver.size(); ++i) EXPECT_TRUE(torch::equal(end.solver[i], whole.solver[i]));
  EXPECT_NE(message_of([&] { parse_recipe(kVector, "small.toml", {"discriminator_weight=1"}); }), "");
  const Recipe none = parse_recipe(kVector, "small.toml", {"adversarial_weight=1"});
  Group alone;
  EXPECT_NE(message_of([&] { const Trainer trainer(none, set, {}, alone, nullptr); }).find("[discriminator]"),
            std::string::npos);
}

// The encoder learns nothing of how the decoder fares against the discriminator.
TEST(VaeTask, TheAdversarialLossReachesTheDecoderAlone) {
  const Recipe recipe = parse_recipe(with_discriminator(), "small.toml",
                                     {"adversarial_weight=1", "pixels=0", "kl=0", "vae.norm=none"});
  BuildOptions options;
  options.width = options.height = 12;
  options.input = {1.0 / 255, false, {}};
  const std::unique_ptr<Task> task = task_kind("vae").make(recipe, options);
  Sight sight;
  sight.pictures = torch::rand({4, 3, 12, 12}) * 255;
  sight.labels = torch::zeros({4}, torch::kInt64);
  sight.count = 4;
  Parameters& parameters = *task->networks()[0].parameters;
  const torch::Tensor gradient = torch::autograd::grad(
      {task->losses(sight, recipe.stages[0], task->turns()[0]).total}, {parameters.flat()})[0];
  for (const ParameterSlice& slice : parameters.slices()) {
    const double size = gradient.narrow(0, slice.begin, slice.count).abs().sum().item<double>();
    if (slice.name.starts_with("decode")) {
      EXPECT_GT(size, 0) << slice.name;
    } else {
      EXPECT_EQ(size, 0) << slice.name;
    }
  }
}

TEST(VaeTask, WhatIsWrongInARecipeIsSaid) {
  const auto error = [](const std::vector<std::string>& changes, const char* text = kGrid) {
    return message_of([&] { parse_recipe(text, "small.toml", changes); });
  };
  EXPECT_EQ(error({}), "");
  EXPECT_NE(error({"features=[\"conv1\"]"}).find("features needs perceptual"), std::string::npos);
  EXPECT_NE(error({"steady=1"}).find("steady needs styles"), std::string::npos);
  EXPECT_NE(error({"perceptual=x", "styles=[\"a\"]", "style_features=[\"b\"]"}, kVector).find("spatial"),
            std::string::npos);
  EXPECT_NE(error({"encoder=[\"conv 8 3 3\"]"}).find("3 times smaller"), std::string::npos);
  const TemporaryFolder folder;
  const std::string features = write_features(folder);
  const RecordSet set = striped_set(8, 4, 12);
  const auto made = [&](const std::vector<std::string>& changes) {
    return message_of([&] {
      const Recipe recipe = parse_recipe(kGrid, "small.toml", changes);
      Group alone;
      const Trainer trainer(recipe, set, {}, alone, nullptr);
    });
  };
  EXPECT_NE(made(style_changes(features, "klee")).find("no such label"), std::string::npos);
  auto changes = style_changes(features, set.labels()[0]);
  changes.emplace_back("style_features=[\"conv9\"]");
  EXPECT_NE(made(changes).find("conv9"), std::string::npos);
  // read again as it was written
  const Recipe recipe = parse_recipe(kGrid, "small.toml", style_changes(features, set.labels()[0]));
  EXPECT_FALSE(find_difference(recipe, parse_recipe(format_recipe(recipe), "again.toml")));
}

}  // namespace
}  // namespace reverie
