// Training generators against discriminators.
#include <gtest/gtest.h>

#include <cmath>

#include "core/test_help.h"
#include "models/vae/vae.h"
#include "train/adversarial.h"
#include "train/features_test_help.h"
#include "train/frechet.h"
#include "train/gan_task.h"
#include "train/resume_test_help.h"
#include "train/test_set.h"

namespace reverie {
namespace {

constexpr const char* kSmallGan = R"(
[gan]
generator = ["deconv 8 5", "deconv 3 5"]
top = 12
codes = 6
size = "12x12"
[discriminator]
layers = ["conv 8 5 2", "conv 12 5 2"]
norm = "batch"
[input]
mean = "middle"
scale = 0.00784313725490196
[[stage]]
solver = "adam"
momentum = 0.5
batch = 16
iterations = 200
rate = 0.002
average = 0.9
)";

double sigmoid(double x) {
  return 1 / (1 + std::exp(-x));
}

// Values and slopes, from the papers' formulas.
TEST(Adversarial, LossesAndTheirGradientsAreTheClosedForms) {
  struct Row {
    AdversarialLoss loss;
    double real, real_slope, fake, fake_slope, generator, generator_slope;
  };
  for (const double score : {-2.3, -0.4, 0.7, 1.9}) {
    const double s = sigmoid(score);
    const double minus_log = -std::log(s);
    const double minus_log_not = -std::log(1 - s);
    const Row rows[] = {
        {AdversarialLoss::kMinimax, minus_log, s - 1, minus_log_not, s, std::log(1 - s), -s},
        {AdversarialLoss::kNonSaturating, minus_log, s - 1, minus_log_not, s, minus_log, s - 1},
        {AdversarialLoss::kHinge, std::max(0.0, 1 - score), score < 1 ? -1.0 : 0, std::max(0.0, 1 + score),
         score > -1 ? 1.0 : 0, -score, -1},
        {AdversarialLoss::kLeastSquares, (score - 1) * (score - 1) / 2, score - 1, score * score / 2, score,
         (score - 1) * (score - 1) / 2, score - 1},
    };
    for (const Row& row : rows) {
      const auto check = [&](const auto& of, double value, double slope) {
        const torch::Tensor x = torch::full({1, 1}, score, torch::kFloat64).requires_grad_(true);
        const torch::Tensor y = of(x).sum();
        EXPECT_NEAR(y.template item<double>(), value, 1e-9);
        EXPECT_NEAR(torch::autograd::grad({y}, {x})[0].template item<double>(), slope, 1e-9);
      };
      check([&](const torch::Tensor& x) { return real_loss(x, row.loss, 0); }, row.real, row.real_slope);
      check([&](const torch::Tensor& x) { return fake_loss(x, row.loss); }, row.fake, row.fake_slope);
      check([&](const torch::Tensor& x) { return generator_loss(x, row.loss); }, row.generator,
            row.generator_slope);
    }
    // one-sided smoothing: cross-entropy with the targets 0.9 and 0.1
    const torch::Tensor x = torch::full({1, 1}, score, torch::kFloat64);
    EXPECT_NEAR(real_loss(x, AdversarialLoss::kNonSaturating, 0.1).item<double>(),
                0.9 * minus_log + 0.1 * minus_log_not, 1e-9);
    EXPECT_NEAR(real_loss(x, AdversarialLoss::kLeastSquares, 0.1).item<double>(),
                (score - 0.9) * (score - 0.9) / 2, 1e-9);
  }
}

// Of a discriminator w x + b the squared gradient is |w|^2, whose gradient to w is 2 w.
TEST(Adversarial, SquaredGradientOfALinearDiscriminator) {
  torch::manual_seed(3);
  const torch::Tensor w = torch::randn({1, 12}).requires_grad_(true);
  const torch::Tensor x = torch::randn({5, 3, 2, 2}).requires_grad_(true);
  const torch::Tensor all = squared_gradient(torch::linear(x.flatten(1), w), x);
  EXPECT_EQ(all.sizes(), (std::vector<int64_t>{5}));
  for (int64_t i = 0; i < 5; ++i) EXPECT_NEAR(all[i].item<double>(), w.square().sum().item<double>(), 1e-4);
  const torch::Tensor gradient = torch::autograd::grad({all.mean()}, {w})[0];
  EXPECT_LT((gradient - 2 * w).abs().max().item<double>(), 1e-5);
}

struct Playing {
  explicit Playing(const std::vector<std::string>& changes)
      : recipe(parse_recipe(kSmallGan, "g.toml", changes)) {
    BuildOptions options;
    options.input = {1 / 127.5, true, torch::full({3, 1, 1}, 127.5)};
    options.width = options.height = 12;
    task = task_kind("gan").make(recipe, options);
    torch::manual_seed(5);
    sight.pictures = torch::rand({4, 3, 12, 12}) * 255;
    sight.labels = torch::zeros({4}, torch::kInt64);
    sight.count = 4;
    sight.iteration = 3;
  }
  Recipe recipe;
  std::unique_ptr<Task> task;
  Sight sight;
};

// The gradient of each turn's whole loss against central differences, along its own direction.
TEST(GanTask, GradientsAreThoseOfTheLosses) {
  for (const char* loss : {"minimax", "non-saturating", "hinge", "least-squares"}) {
    for (const char* more : {"r1=0", "r1=3"}) {
      Playing p({std::string("adversarial=") + loss, more, "gan.norm=none", "discriminator.norm=none",
                 "discriminator.activation=tanh", "gan.activation=tanh"});
      for (const Turn& turn : p.task->turns()) {
        torch::Tensor& flat = p.task->networks()[turn.networks[0]].parameters->flat();
        const auto value = [&] { return p.task->losses(p.sight, p.recipe.stages[0], turn).total; };
        const torch::Tensor gradient = torch::autograd::grad({value()}, {flat})[0];
        const double length = gradient.norm().item<double>();
        ASSERT_GT(length, 0);
        const torch::Tensor start = flat.detach().clone();
        constexpr double kStep = 3e-3;
        const auto at = [&](double t) {
          {
            torch::NoGradGuard no_grad;
            flat.copy_(start + t * gradient / length);
          }
          return value().item<double>();
        };
        const double slope = (at(kStep) - at(-kStep)) / (2 * kStep);
        EXPECT_NEAR(slope, length, 0.03 * length) << loss << " " << more << " " << turn.name;
        at(0);
      }
    }
  }
}

TEST(GanTask, GoesOnFromACheckpointToTheSameBits) {
  const RecordSet set = striped_set(40, 10, 12);
  for (const auto& changes : std::vector<std::vector<std::string>>{
           {}, {"spectral=true", "discriminator.norm=none", "adversarial=hinge", "turns=2"}, {"r1=1"}}) {
    const auto [whole, end] = train_both_ways(parse_recipe(kSmallGan, "g.toml", changes), set, 3, 8);
    ASSERT_EQ(end.weights.size(), 3U) << "generator, discriminator and the average";
    for (size_t i = 0; i < 3; ++i) {
      EXPECT_TRUE(torch::equal(end.weights[i], whole.weights[i])) << i;
      EXPECT_TRUE(torch::equal(end.buffers[i], whole.buffers[i])) << i;
    }
    ASSERT_EQ(end.solver.size(), whole.solver.size());
    for (size_t i = 0; i < end.solver.size(); ++i) EXPECT_TRUE(torch::equal(end.solver[i], whole.solver[i]));
    EXPECT_FALSE(torch::equal(whole.weights[0], whole.weights[2]));
  }
}

// What a turn does not train it leaves alone.
TEST(GanTask, TheAverageIsThatOfTheGenerators) {
  const RecordSet set = striped_set(40, 10, 12);
  const Recipe recipe = parse_recipe(kSmallGan, "g.toml", {"average=0.5"});
  Group alone;
  Trainer trainer(recipe, set, {}, alone, nullptr);
  torch::Tensor wanted = trainer.checkpoint().weights[2];
  for (int t = 0; t < 6; ++t) {
    const torch::Tensor generator = trainer.checkpoint().weights[0];
    const double stays = std::min(0.5, (1.0 + t) / (10 + t));
    wanted = stays * wanted + (1 - stays) * generator;
    trainer.step();
    EXPECT_LT((trainer.checkpoint().weights[2] - wanted).abs().max().item<double>(), 1e-6);
  }
  EXPECT_TRUE(torch::equal(trainer.model()->parameters().flat().detach(), trainer.checkpoint().weights[2]));
}

// Stripes of 4 pixels: how much of a picture's variance has just that period.
double stripes(const torch::Tensor& pictures) {
  const torch::Tensor grey = pictures.mean(1) - pictures.mean(at::IntArrayRef({1, 2, 3})).view({-1, 1, 1});
  const torch::Tensor power = torch::fft_fft2(grey).abs().square();
  const torch::Tensor there = power.select(1, 0).select(1, 3) + power.select(1, 3).select(1, 0);
  return (2 * there / power.sum(at::IntArrayRef({1, 2}))).mean().item<double>();
}

TEST(GanTask, LearnsWhatThePicturesHave) {
  const RecordSet set = striped_set(64, 16, 12);
  Group alone;
  const Recipe recipe = parse_recipe(
      kSmallGan, "g.toml",
      {"iterations=250", "discriminator.norm=none", "spectral=true", "adversarial=hinge", "rate=0.004"});
  Trainer trainer(recipe, set, {}, alone, nullptr);
  const auto made = [&] {
    torch::NoGradGuard no_grad;
    const auto model = trainer.model();
    const VaeModel& generator = as_vae(*model, "test");
    return pictures_of_codes(generator, sample_codes(generator, 64, 12, 12, 1), 12, 12);
  };
  const double before = stripes(made());
  while (!trainer.done()) trainer.step();
  EXPECT_LT(before, 0.2);
  EXPECT_GT(stripes(made()), 0.4) << "of the pictures it is 0.995";
  const auto figures = figures_of(*trainer.model(), set, Split::kTest, 0);
  EXPECT_EQ(figures[2].name, "distinct_nearest");
  EXPECT_GT(figures[2].value, 0);
  EXPECT_LE(figures[2].value, 1);
}

// Of covariances R diag(s^2) R^T with one R: |m1 - m2|^2 + sum (s1 - s2)^2, in any turned space.
TEST(Frechet, IsTheClosedForm) {
  torch::manual_seed(6);
  const torch::Tensor turn = std::get<0>(torch::svd(torch::randn({5, 5}, torch::kFloat64)));
  const torch::Tensor a = torch::rand({5}, torch::kFloat64) + 0.1;
  const torch::Tensor b = torch::rand({5}, torch::kFloat64) + 0.1;
  const auto of = [&](const torch::Tensor& deviation, const torch::Tensor& mean) {
    return FeatureStatistics{mean, turn.mm(deviation.square().diag()).mm(turn.t())};
  };
  const torch::Tensor m = torch::randn({5}, torch::kFloat64);
  const torch::Tensor n = torch::randn({5}, torch::kFloat64);
  const double wanted = ((m - n).square().sum() + (a - b).square().sum()).item<double>();
  EXPECT_NEAR(frechet_distance(of(a, m), of(b, n)), wanted, 1e-9);
  EXPECT_NEAR(frechet_distance(of(a, m), of(a, m)), 0, 1e-9);
  // 2 x 2 that do not commute: tr (AB)^(1/2) = sqrt(tr AB + 2 sqrt(det AB))
  const torch::Tensor c = torch::tensor({2.0, 0.5, 0.5, 1.0}, torch::kFloat64).view({2, 2});
  const torch::Tensor d = torch::tensor({1.0, -0.3, -0.3, 3.0}, torch::kFloat64).view({2, 2});
  const double root = std::sqrt(c.mm(d).trace().item<double>() + 2 * std::sqrt(1.75 * 2.91));
  const torch::Tensor zero = torch::zeros({2}, torch::kFloat64);
  EXPECT_NEAR(frechet_distance({zero, c}, {zero, d}), 3 + 4 - 2 * root, 1e-9);
  // from samples
  const torch::Tensor x = torch::randn({20000, 2}, torch::kFloat64);
  const FeatureStatistics s = feature_statistics(x * 2 + 1);
  EXPECT_NEAR(frechet_distance(s, {zero, torch::eye(2, torch::kFloat64)}), 2 + 2, 0.15);
}

// Two clouds far apart: samples of one of them alone are all among the pictures, half of which they miss.
TEST(Frechet, PrecisionAndRecallSeeWhatIsMissed) {
  torch::manual_seed(2);
  const torch::Tensor real = torch::randn({200, 4});
  real.narrow(0, 100, 100).add_(50);
  const PrecisionRecall half = precision_and_recall(real, torch::randn({200, 4}) * 0.8);
  EXPECT_GT(half.precision, 0.8);
  EXPECT_LT(half.recall, 0.5);
  EXPECT_GT(half.recall, 0.3);
  const PrecisionRecall same = precision_and_recall(real, real);
  EXPECT_EQ(same.precision, 1);
  EXPECT_EQ(same.recall, 1);
  const PrecisionRecall wide = precision_and_recall(real, torch::randn({200, 4}) * 500);
  EXPECT_LT(wide.precision, 0.05);
}

TEST(Frechet, AGeneratorIsComparedWithPictures) {
  const TemporaryFolder folder;
  const std::string path = write_features(folder);
  const RecordSet set = striped_set(200, 10, 12);
  Group alone;
  const Recipe recipe = parse_recipe(kSmallGan, "g.toml");
  Trainer trainer(recipe, set, {}, alone, nullptr);
  const auto figures = frechet_figures(*trainer.model(), set, Split::kTrain, 0, {path, "conv2", 16});
  ASSERT_EQ(figures.size(), 6U);
  EXPECT_EQ(figures[5].name, "sharpness");
  EXPECT_GT(figures[5].value, 1) << "noise: nothing is learned yet";
  EXPECT_EQ(figures[3].name, "precision");
  EXPECT_EQ(figures[0].value, 200);
  EXPECT_GT(figures[1].value, 2 * figures[2].value) << "it has learned nothing";
  EXPECT_NE(message_of([&] {
              frechet_figures(*trainer.model(), set, Split::kTrain, 0, {path, "conv9", 16});
            }).find("conv9"),
            std::string::npos);
}

TEST(GanTask, WhatIsWrongIsSaid) {
  const RecordSet set = striped_set(8, 4, 12);
  const auto made = [&](const std::vector<std::string>& changes, const std::string& text = kSmallGan) {
    return message_of([&] {
      const Recipe recipe = parse_recipe(text, "g.toml", changes);
      Group alone;
      const Trainer trainer(recipe, set, {}, alone, nullptr);
    });
  };
  EXPECT_EQ(made({}), "");
  EXPECT_NE(made({"size=16x16"}).find("it makes pictures of 16x16"), std::string::npos);
  EXPECT_NE(made({"adversarial=hinge", "smoothing=0.1"}).find("no target"), std::string::npos);
  const std::string text = kSmallGan;
  const std::string alone = text.substr(0, text.find("[discriminator]")) + text.substr(text.find("[input]"));
  EXPECT_NE(made({}, alone).find("no table [discriminator]"), std::string::npos);
  // read again as it was written
  const Recipe recipe =
      parse_recipe(text, "g.toml", {"r1=2", "turns=3", "frozen=[\"discriminator.layer1\"]"});
  EXPECT_FALSE(find_difference(recipe, parse_recipe(format_recipe(recipe), "again.toml")));
}

}  // namespace
}  // namespace reverie
