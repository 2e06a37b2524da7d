#include "train/likelihood.h"

#include <ATen/CPUGeneratorImpl.h>
#include <gtest/gtest.h>

#include <cmath>
#include <numbers>

#include "core/test_help.h"
#include "train/test_set.h"
#include "train/trainer.h"

namespace reverie {
namespace {

VaeSettings small_settings() {
  VaeSettings s;
  s.encoder = {"dense 3"};
  s.codes = 1;
  s.spatial = false;
  s.width = s.height = 2;
  s.activation = VaeActivation::kTanh;
  s.grey = true;
  return s;
}

// The integral of p(x | z) p(z) over the one code z.
double integral(const VaeModel& model, const torch::Tensor& x, bool bernoulli,
                const torch::Tensor& label = {}) {
  constexpr int64_t kPoints = 20001;
  const torch::Tensor z = torch::linspace(-10, 10, kPoints).view({kPoints, 1});
  const DecodedCodes decoded = model.decode_whole(model.with_labels(z, label), 2, 2, model.constant());
  const torch::Tensor y = decoded.mean.to(torch::kFloat64);
  const torch::Tensor v =
      decoded.log_variance.defined() ? decoded.log_variance.to(torch::kFloat64).exp() : torch::ones_like(y);
  const torch::Tensor each = bernoulli ? x * y.log() + (1 - x) * (1 - y).log()
                                       : -(x - y).square() / (2 * v) - (2 * std::numbers::pi * v).log() / 2;
  const torch::Tensor prior = (-z.to(torch::kFloat64).square() / 2).exp() / std::sqrt(2 * std::numbers::pi);
  return std::log((each.flatten(1).sum(1).exp() * prior.flatten()).sum().item<double>() * 20 / (kPoints - 1));
}

TEST(Likelihood, IsTheIntegralOverCodes) {
  torch::NoGradGuard no_grad;
  for (const bool bernoulli : {true, false}) {
    for (const bool variance : {false, true}) {
      if (bernoulli && variance) continue;
      VaeSettings s = small_settings();
      s.output = bernoulli ? VaeActivation::kSigmoid : VaeActivation::kLinear;
      s.variance = variance;
      VaeModel model(s, {}, {1.0 / 255, false, {}});
      model.initialise(5);
      const torch::Tensor x = torch::tensor({1.0F, 0.0F, 0.0F, 1.0F}).view({1, 1, 2, 2});
      const double have = log_likelihood(model, x, 20000, 3);
      EXPECT_NEAR(have, integral(model, x, bernoulli), 0.01) << bernoulli << variance;
      EXPECT_EQ(have, log_likelihood(model, x, 20000, 3));
    }
  }
}

TEST(Likelihood, OfAConditionalModelIsGivenTheLabel) {
  torch::NoGradGuard no_grad;
  VaeSettings s = small_settings();
  s.output = VaeActivation::kSigmoid;
  s.conditional = true;
  VaeModel model(s, {"a", "b"}, {1.0 / 255, false, {}});
  model.initialise(5);
  const torch::Tensor x = torch::tensor({1.0F, 0.0F, 0.0F, 1.0F}).view({1, 1, 2, 2});
  std::vector<double> have;
  for (int64_t label = 0; label < 2; ++label) {
    const torch::Tensor told = torch::full({1}, label, torch::kLong);
    have.push_back(log_likelihood(model, x, 20000, 3, told));
    EXPECT_NEAR(have.back(), integral(model, x, true, told), 0.01);
  }
  EXPECT_GT(std::abs(have[0] - have[1]), 0.02);
}

// One sample and one point: a normal density.  Two samples: the mean of two.
TEST(Likelihood, ParzensWindowsAreNormal) {
  const torch::Tensor point = torch::tensor({{0.3F, 0.1F, 0.9F}});
  const torch::Tensor samples = torch::tensor({{0.1F, 0.1F, 0.5F}, {0.9F, 0.0F, 0.2F}});
  const double s = 0.4;
  double sum = 0;
  for (int64_t i = 0; i < 2; ++i) {
    const double squares = (point[0] - samples[i]).square().sum().item<double>();
    const double density = std::exp(-squares / (2 * s * s)) / std::pow(2 * std::numbers::pi * s * s, 1.5);
    EXPECT_NEAR(parzen_log_likelihood(point, samples.narrow(0, i, 1), s).first, std::log(density), 1e-5);
    sum += density;
  }
  EXPECT_NEAR(parzen_log_likelihood(point, samples, s).first, std::log(sum / 2), 1e-5);
}

TEST(Likelihood, BinarisedSamplesAreOnesAsOftenAsTheySay) {
  const torch::Tensor x = torch::linspace(0, 1, 5).view({5, 1}).expand({5, 20000});
  const torch::Tensor b = binarised(x, torch::randn(x.sizes(), at::detail::createCPUGenerator(2)));
  EXPECT_TRUE(torch::equal(b * b, b));
  EXPECT_LT((b.mean(1) - x.select(1, 0)).abs().max().item<double>(), 0.015);
}

constexpr const char* kBinary = R"(
[vae]
encoder = ["dense 20"]
codes = 2
spatial = false
size = "8x8"
activation = "tanh"
output = "sigmoid"
grey = true
[input]
mean = false
scale = 0.00392156862745098
[[stage]]
solver = "adam"
batch = 16
iterations = 150
rate = 0.02
likelihood = "bernoulli"
binarise = true
)";

TEST(Likelihood, ATrainingMakesPicturesLikelier) {
  const RecordSet set = striped_set(64, 16, 8);
  const Recipe recipe = parse_recipe(kBinary, "binary.toml");
  Group alone;
  Trainer trainer(recipe, set, {}, alone, nullptr);
  const auto nll = [&] { return likelihood_figures(*trainer.model(), set, Split::kTest, 0, 200)[1].value; };
  const double before = nll();
  while (!trainer.done()) trainer.step();
  const double after = nll();
  EXPECT_LT(after, before - 1);
  const auto parzen = parzen_figures(*trainer.model(), set, Split::kTest, 0, 40);
  EXPECT_EQ(parzen[1].name, "parzen");
  EXPECT_TRUE(std::isfinite(parzen[1].value));
  EXPECT_LT(after, 64 * std::log(2.0)) << "as likely as by tossing coins";
  const std::unique_ptr<Model> read = model_from_tensors(trainer.model()->tensors());
  EXPECT_TRUE(read->input.grey);
  const torch::Tensor seen = apply(read->input, torch::full({1, 3, 8, 8}, 51.0F));
  EXPECT_EQ(seen.size(1), 1);
  EXPECT_NEAR(seen[0][0][3][3].item<double>(), 0.2, 1e-6);
  EXPECT_NEAR(unapply(read->input, seen)[0][2][3][3].item<double>(), 51, 1e-3);
}

TEST(Likelihood, WhatDoesNotFitIsSaid) {
  const auto said = [](const std::vector<std::string>& changes) {
    return message_of([&] { parse_recipe(kBinary, "b.toml", changes); });
  };
  EXPECT_NE(said({"vae.output=linear"}).find("sigmoid"), std::string::npos);
  EXPECT_NE(said({"input.scale=1"}).find("0..1"), std::string::npos);
  EXPECT_NE(said({"vae.refiner=4"}).find("refiner"), std::string::npos);
  EXPECT_EQ(said({"likelihood=gaussian", "binarise=false", "input.scale=1"}), "");
}

}  // namespace
}  // namespace reverie
