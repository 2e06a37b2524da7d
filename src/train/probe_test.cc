#include "train/probe.h"

#include <gtest/gtest.h>

#include "core/random.h"
#include "core/test_help.h"
#include "models/hourglass/model.h"
#include "train/test_set.h"

namespace reverie {
namespace {

const auto kGoOn = [](int) { return true; };

TEST(Classifier, SeparatesWhatALineSeparates) {
  Random random(3);
  const int n = 400;
  torch::Tensor x = torch::empty({n, 2});
  torch::Tensor labels = torch::empty({n}, torch::kInt64);
  for (int i = 0; i < n; ++i) {
    const auto a = static_cast<float>(random.normal());
    const auto b = static_cast<float>(random.normal());
    x[i][0] = a;
    x[i][1] = b;
    labels[i] = a + 2 * b > 0.3F ? 1 : 0;
  }
  const LinearClassifier c = train_classifier(x, labels, 2, 1e-4, 300, kGoOn);
  EXPECT_TRUE(c.converged);
  EXPECT_GT(c.accuracy(x, labels), 0.99);
  // the normal of the line, and its distance
  const torch::Tensor w = (c.weight.select(1, 1) - c.weight.select(1, 0)).detach();
  EXPECT_NEAR((w[1] / w[0]).item<float>(), 2, 0.15);
  EXPECT_NEAR(((c.bias[0] - c.bias[1]) / w[0]).item<float>(), 0.3, 0.1);
}

// At the minimum the penalty's slope and the data's cancel: l2 W = X^T (Y - P) / N.
TEST(Classifier, EndsWhereTheGradientIsZero) {
  Random random(4);
  const int n = 300;
  torch::Tensor x = torch::empty({n, 5});
  torch::Tensor labels = torch::empty({n}, torch::kInt64);
  for (int i = 0; i < n; ++i) {
    for (int j = 0; j < 5; ++j) x[i][j] = random.normal();
    labels[i] = static_cast<int64_t>(random.uniform() * 3);
  }
  constexpr double kL2 = 0.05;
  const LinearClassifier c = train_classifier(x, labels, 3, kL2, 1000, kGoOn);
  torch::NoGradGuard no_grad;
  const torch::Tensor p = torch::softmax(torch::addmm(c.bias, x, c.weight), 1);
  const torch::Tensor y = torch::one_hot(labels, 3).to(torch::kFloat32);
  const torch::Tensor slope = kL2 * c.weight - x.t().mm(y - p) / n;
  EXPECT_LT(slope.abs().max().item<float>(), 1e-3);
  EXPECT_LT((y - p).mean(0).abs().max().item<float>(), 1e-3);
}

TEST(Classifier, StopsWhenToldAndWithinItsPasses) {
  const torch::Tensor x = torch::eye(4);
  const torch::Tensor labels = torch::arange(4);
  int calls = 0;
  const auto stop = [&](int) { return ++calls < 2; };
  EXPECT_FALSE(train_classifier(x, labels, 4, 0, 300, stop).converged);
  EXPECT_EQ(calls, 2);
  int most = 0;
  train_classifier(x, labels, 4, 0, 30, [&](int passes) {
    most = passes;
    return true;
  });
  EXPECT_LE(most, 60);
}

// Two features tell the label, sixty others are noise that a weak penalty learns by heart.
TEST(Classifier, ChoosesAStrongPenaltyAgainstNoise) {
  Random random(9);
  const auto make = [&](int n, int noise, torch::Tensor& x, torch::Tensor& labels) {
    x = torch::empty({n, 2 + noise});
    labels = torch::empty({n}, torch::kInt64);
    for (int i = 0; i < n; ++i) {
      for (int j = 0; j < 2 + noise; ++j) x[i][j] = random.normal();
      labels[i] = (x[i][0] + x[i][1]).item<float>() + 0.5 * random.normal() > 0 ? 1 : 0;
    }
  };
  torch::Tensor x;
  torch::Tensor labels;
  make(100, 60, x, labels);
  EXPECT_GE(choose_l2(x, labels, 2, 300, kGoOn), 0.1);
  make(2000, 0, x, labels);
  EXPECT_LE(choose_l2(x, labels, 2, 300, kGoOn), 1);
  EXPECT_EQ(choose_l2(x, labels, 2, 300, kGoOn), choose_l2(x, labels, 2, 300, kGoOn));
}

TEST(ProbeFeatures, AreMeansOverCellsOfLargeMapsAlone) {
  const torch::Tensor state = torch::arange(2 * 3 * 8 * 8, torch::kFloat32).view({2, 3, 8, 8});
  EXPECT_EQ(probe_features(state, 4).size(1), 3 * 16);
  EXPECT_FLOAT_EQ(probe_features(state, 4)[0][0].item<float>(), (0 + 1 + 8 + 9) / 4.0F);
  EXPECT_EQ(probe_features(state, 8).size(1), 3 * 64);
  EXPECT_EQ(probe_features(state, 20).size(1), 3 * 64);
  EXPECT_EQ(probe_features(state, 0).size(1), 3 * 64);
  EXPECT_EQ(probe_features(state, 1).size(1), 3);
}

HourglassModel model_of(int levels) {
  HourglassConfig config;
  config.levels.resize(static_cast<size_t>(levels));
  for (LevelConfig& level : config.levels) level.channels = 8;
  HourglassModel model{HourglassNet(config)};
  model.net.initialise(InitKind::kGaussian, 0.3, 5);
  return model;
}

// Stripes along or across in any phase: no pixel's mean tells them apart, the answers of filters do.
TEST(ProbeLayer, FindsInTheLevelWhatPixelsDoNotSay) {
  const RecordSet set = striped_set(400, 200, 16);
  const HourglassModel model = model_of(2);
  const ProbeResult pixels = probe_layer(model, set, kPixels, {}, kGoOn);
  const ProbeResult top = probe_layer(model, set, "encode1", {}, kGoOn);
  EXPECT_EQ(pixels.features, 48);
  EXPECT_EQ(top.features, 8 * 16);
  EXPECT_LT(pixels.test, 0.65);
  EXPECT_GT(top.test, 0.9);
  EXPECT_GE(top.train, 0.9);
  const ProbeResult again = probe_layer(model, set, "encode1", {}, kGoOn);
  EXPECT_EQ(again.test, top.test);
  EXPECT_EQ(again.train, top.train);
}

TEST(ProbeLayer, SaysWhatIsMissing) {
  const HourglassModel model = model_of(2);
  const auto message = [&](const RecordSet& set, const std::string& layer) {
    return message_of([&] { probe_layer(model, set, layer, {}, kGoOn); });
  };
  EXPECT_NE(message(striped_set(20, 10, 16), "encode3").find("encode3"), std::string::npos);
  EXPECT_NE(message(striped_set(20, 0, 16), "encode1").find("--test-fraction"), std::string::npos);
  EXPECT_NE(message(striped_set(1, 4, 16), "encode1").find("two labels"), std::string::npos);
  EXPECT_NE(message(striped_set(20, 10, 18), "encode2").find("multiples of 4"), std::string::npos);
}

}  // namespace
}  // namespace reverie
