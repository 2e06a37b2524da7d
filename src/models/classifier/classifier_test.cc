#include "models/classifier/classifier.h"

#include <gtest/gtest.h>

#include <cmath>

#include "core/test_help.h"

namespace reverie {
namespace {

const std::vector<std::string> kLabels = {"a", "b", "c"};

ClassifierModel small() {
  ClassifierModel model({"conv 4 5", "max 2", "residual", "mean", "dropout 0.5", "dense 6"}, kLabels,
                        {1.0 / 64, false, {}});
  model.initialise(7);
  return model;
}

std::string error_of(const std::vector<std::string>& words) {
  return message_of([&] { parse_classifier(words); });
}

TEST(ClassifierLayers, AreReadWithTheirNumbers) {
  const auto layers =
      parse_classifier({"conv 8", "conv 16 5", "max 2", "residual", "mean", "dropout 0.25", "dense 9"});
  ASSERT_EQ(layers.size(), 7U);
  EXPECT_EQ(layers[1].name, "conv2");
  EXPECT_EQ(layers[1].kernel, 5);
  EXPECT_EQ(layers[3].channels, 16);
  EXPECT_EQ(layers[4].kernel, 0);
  EXPECT_TRUE(layers[4].flat && !layers[3].flat);
  EXPECT_EQ(layers[5].share, 0.25);
  EXPECT_EQ(layers[6].channels, 9);
}

TEST(ClassifierLayers, WhatIsWrongIsSaidWithTheLayer) {
  EXPECT_NE(error_of({"konv 8", "max"}).find("'konv 8'"), std::string::npos);
  EXPECT_NE(error_of({"residul", "max"}).find("did you mean 'residual'?"), std::string::npos);
  EXPECT_NE(error_of({"conv", "max"}).find("1 to 3 numbers"), std::string::npos);
  EXPECT_NE(error_of({"conv 8 4", "max"}).find("not odd"), std::string::npos);
  EXPECT_NE(error_of({"conv 5000", "max"}).find("from 1 to 4096"), std::string::npos);
  EXPECT_NE(error_of({"conv 8", "dense 4", "max"}).find("before it"), std::string::npos);
  EXPECT_NE(error_of({"conv 8", "max", "conv 8"}).find("pooled before it"), std::string::npos);
  EXPECT_NE(error_of({"conv 8"}).find("lacks a max or mean"), std::string::npos);
  EXPECT_NE(error_of({"conv 8", "max", "dropout 1"}).find("less than 1"), std::string::npos);
  EXPECT_NE(error_of({" "}), "");
}

TEST(ClassifierLayers, FlatIsAllNumbersOfAPictureOfOneSize) {
  const auto layers = parse_classifier({"grey", "conv 2", "max 2", "flat 6 5", "sigmoid 7", "dense 4"});
  EXPECT_EQ(layers[0].channels, 1);
  EXPECT_EQ(layers[3].channels, 60);
  EXPECT_EQ(layers[4].name, "sigmoid1");
  EXPECT_NE(error_of({"conv 8", "grey", "max"}).find("first of all layers"), std::string::npos);
  EXPECT_NE(error_of({"flat 1024 1024", "dense 4"}).find("more than a million"), std::string::npos);
  EXPECT_NE(error_of({"flat 8 8", "conv 4"}).find("pooled before it"), std::string::npos);
}

TEST(Classifier, AllToAllFromEveryNumberIsItsEquations) {
  ClassifierModel model({"grey", "flat 6 5", "sigmoid 7"}, kLabels, {1.0 / 255, false, {}});
  model.initialise(3);
  torch::manual_seed(1);
  const torch::Tensor x = torch::rand({4, 3, 5, 6});
  const TensorFile file = model.tensors();
  const auto t = [&](const char* name) { return from_plain(file.get(name)); };
  const torch::Tensor grey = 0.2126 * x.select(1, 0) + 0.7152 * x.select(1, 1) + 0.0722 * x.select(1, 2);
  const torch::Tensor h =
      torch::sigmoid(torch::linear(grey.flatten(1), t("sigmoid1.weight"), t("sigmoid1.bias")));
  const torch::Tensor wanted = torch::linear(h, t("scores.weight"), t("scores.bias"));
  EXPECT_LT((model.scores(x) - wanted).abs().max().item<double>(), 1e-5);
  EXPECT_LT((model.learn(x, {0, 0, 4}) - wanted).abs().max().item<double>(), 1e-5);
  EXPECT_TRUE(torch::equal(model_from_tensors(file)->forward(x, {"scores"})[0], model.scores(x)));
  EXPECT_EQ(model.layers(5, 6)[1].channels, 30);
  EXPECT_NE(message_of([&] {
              model.scores(torch::rand({1, 3, 6, 6}));
            }).find("`flat` gets 6x6 of it, and this network takes 6x5"),
            std::string::npos);
}

// The layers in float64 by LibTorch's plain functions, in both modes of the normalisation.
torch::Tensor by_hand(const ClassifierModel& model, const torch::Tensor& x, bool learning) {
  std::map<std::string, torch::Tensor> t;
  for (const auto& [name, tensor] : model.tensors().tensors) t[name] = from_plain(tensor).to(torch::kFloat64);
  const auto conv = [&](const torch::Tensor& in, const std::string& n, int pad) {
    const torch::Tensor y = torch::conv2d(in, t[n + ".weight"], {}, 1, pad);
    const std::vector<int64_t> each = {0, 2, 3};
    const torch::Tensor mean = learning ? y.mean(each) : t[n + ".norm.mean"];
    const torch::Tensor var = learning ? y.var(each, false) : t[n + ".norm.variance"];
    const auto wide = [](const torch::Tensor& v) { return v.view({1, -1, 1, 1}); };
    return torch::relu((y - wide(mean)) / torch::sqrt(wide(var) + 1e-5) * wide(t[n + ".norm.weight"]) +
                       wide(t[n + ".norm.bias"]));
  };
  torch::Tensor h = torch::max_pool2d(conv(x.to(torch::kFloat64), "conv1", 2), 2);
  h = h + conv(conv(h, "residual1.conv1", 1), "residual1.conv2", 1);
  h = torch::relu(torch::linear(h.mean(at::IntArrayRef({2, 3})), t["dense1.weight"], t["dense1.bias"]));
  return torch::linear(h, t["scores.weight"], t["scores.bias"]);
}

TEST(Classifier, IsItsEquationsInLearningAndInUse) {
  ClassifierModel model({"conv 4 5", "max 2", "residual", "mean", "dense 6"}, kLabels, {1, false, {}});
  model.initialise(7);
  torch::manual_seed(1);
  const torch::Tensor x = torch::randn({5, 3, 12, 10});
  const torch::Tensor want = by_hand(model, x, true);
  EXPECT_LT((model.learn(x, {0, 0, 5}) - want).abs().max().item<double>(), 1e-5);
  for (int i = 0; i < 3; ++i) model.learn(x * (i + 1), {0, 0, 5});
  EXPECT_LT((model.scores(x) - by_hand(model, x, false)).abs().max().item<double>(), 1e-5);
}

TEST(Classifier, TheStatisticsFollowTheBatches) {
  ClassifierModel model({"conv 2", "mean"}, kLabels, {1, false, {}});
  model.initialise(1);
  const torch::Tensor before = model.parameters().buffers().clone();
  const torch::Tensor x = torch::randn({8, 3, 6, 6});
  model.scores(x);
  EXPECT_TRUE(torch::equal(model.parameters().buffers(), before));
  for (int i = 0; i < 200; ++i) model.learn(x, {});
  const torch::Tensor y = torch::conv2d(x, model.parameters().cut()[0], {}, 1, 1);
  const torch::Tensor mean = model.parameters().cut_buffers()[0];
  EXPECT_LT((mean - y.mean(std::vector<int64_t>{0, 2, 3})).abs().max().item<double>(), 1e-5);
}

TEST(Classifier, DropoutDrawsByPlace) {
  ClassifierModel model = small();
  const torch::Tensor x = torch::randn({6, 3, 8, 8});
  const auto dropped = [&](const torch::Tensor& in, const DropoutPlace& place) {
    return model.learn(in, place).detach();
  };
  EXPECT_TRUE(torch::equal(dropped(x, {3, 0, 6}), dropped(x, {3, 0, 6})));
  EXPECT_FALSE(torch::equal(dropped(x, {3, 0, 6}), dropped(x, {4, 0, 6})));
  EXPECT_FALSE(torch::equal(dropped(x, {3, 0, 12}), dropped(x, {3, 6, 12})));
  EXPECT_TRUE(torch::equal(model.scores(x), model.scores(x)));
}

TEST(Classifier, FilesThatDoNotFitAreNamed) {
  TensorFile file = small().tensors();
  file.name = "c.safetensors";
  const auto error = [&](const std::function<void(TensorFile&)>& change) {
    TensorFile f = file;
    change(f);
    return message_of([&] { model_from_tensors(f); });
  };
  EXPECT_EQ(error([](TensorFile&) {}), "");
  EXPECT_NE(error([](TensorFile& f) { f.metadata.erase("layers"); }).find("c.safetensors"),
            std::string::npos);
  EXPECT_NE(error([](TensorFile& f) { f.metadata["labels"] = "one"; }).find("1 labels"), std::string::npos);
  EXPECT_NE(error([](TensorFile& f) { f.metadata["labels"] = "a\nb"; }).find("scores.weight"),
            std::string::npos);
  EXPECT_NE(error([](TensorFile& f) {
              f.tensors["conv1.norm.variance"].data[0] = NAN;
            }).find("conv1.norm.variance"),
            std::string::npos);
  EXPECT_NE(error([](TensorFile& f) {
              f.metadata["layers"] = "conv 4096, residual, residual, max";
            }).find("fewer weights"),
            std::string::npos);
}

}  // namespace
}  // namespace reverie
