#include "models/discriminator/discriminator.h"

#include <gtest/gtest.h>

#include "core/test_help.h"
#include "models/vae/vae.h"

namespace reverie {
namespace {

TEST(SpectralNorm, IsTheLargestSingularValue) {
  torch::manual_seed(2);
  const torch::Tensor matrix = torch::randn({7, 12}, torch::kFloat64).requires_grad_(true);
  torch::Tensor u = torch::randn({7}, torch::kFloat64);
  for (int i = 0; i < 300; ++i) spectral_norm(matrix, u, true);
  const auto [left, values, right] = torch::svd(matrix.detach());
  const torch::Tensor norm = spectral_norm(matrix, u, false);
  EXPECT_NEAR(norm.item<double>(), values[0].item<double>(), 1e-9);
  // d sigma / d W = u v^T
  const torch::Tensor gradient = torch::autograd::grad({norm}, {matrix})[0];
  const torch::Tensor wanted = torch::outer(left.select(1, 0), right.select(1, 0));
  EXPECT_LT((gradient - wanted).abs().max().item<double>(), 1e-8);
}

DiscriminatorSettings small(bool spectral) {
  DiscriminatorSettings s;
  s.layers = {"conv 6 5 2", "conv 8 3 2"};
  s.norm = VaeNorm::kBatch;
  s.spectral = spectral;
  s.width = 12;
  s.height = 8;
  return s;
}

TEST(Discriminator, ItsWeightsAreDividedByTheirNorm) {
  DiscriminatorModel model(small(true), {1.0 / 255, false, {}});
  model.initialise(4);
  VaeWeights weights;
  for (int i = 0; i < 200; ++i) weights = model.learned();
  for (const char* name : {"layer1.weight", "layer2.weight", "score.weight"}) {
    const auto values = std::get<1>(torch::svd(weights.at(name).detach().flatten(1)));
    EXPECT_NEAR(values[0].item<double>(), 1, 1e-3) << name;
  }
  // as it is used, the same
  const torch::Tensor x = torch::rand({3, 3, 8, 12});
  EXPECT_LT((model.constant().at("score.weight") - weights.at("score.weight")).abs().max().item<double>(),
            1e-5);
  EXPECT_EQ(model.scores(x, model.constant()).sizes(), (std::vector<int64_t>{3, 1}));
}

TEST(Discriminator, NormalisesAllLayersButTheFirst) {
  const DiscriminatorModel model(small(false), {1.0 / 255, false, {}});
  std::vector<std::string> names;
  for (const ParameterSlice& slice : model.parameters().slices()) names.push_back(slice.name);
  EXPECT_EQ(names, (std::vector<std::string>{"layer1.weight", "layer1.bias", "layer2.weight", "layer2.bias",
                                             "layer2.norm.weight", "layer2.norm.bias", "score.weight",
                                             "score.bias"}));
}

// Who learns from it keeps nothing of what it saw.
TEST(Discriminator, LookingKeepsNothing) {
  DiscriminatorModel model(small(false), {1.0 / 255, false, {}});
  model.initialise(4);
  const torch::Tensor before = model.parameters().buffers().clone();
  const torch::Tensor x = torch::rand({3, 3, 8, 12});
  const torch::Tensor looked = model.scores(x, looking(model.constant()));
  EXPECT_TRUE(torch::equal(model.parameters().buffers(), before));
  EXPECT_TRUE(torch::equal(model.scores(x, model.learned()), looked)) << "normalised by the batch";
  EXPECT_FALSE(torch::equal(model.parameters().buffers(), before));
}

TEST(Generator, MakesPicturesOfItsSizeAndSaysWhatDoesNotFit) {
  VaeSettings s;
  s.decoder = {"deconv 6 5", "deconv 3 5"};
  s.top = 8;
  s.codes = 5;
  s.spatial = false;
  s.width = 24;
  s.height = 16;
  s.output = VaeActivation::kTanh;
  VaeModel model(s, {}, {1.0 / 127.5, true, torch::full({3, 1, 1}, 127.5)});
  model.initialise(1);
  EXPECT_EQ(model.family(), "gan");
  const torch::Tensor y = model.decode(torch::randn({2, 5}), 16, 24, model.constant());
  EXPECT_EQ(y.sizes(), (std::vector<int64_t>{2, 3, 16, 24}));
  EXPECT_NE(message_of([&] { model.encode(y, model.constant()); }).find("no encoder"), std::string::npos);
  const auto error = [&](auto change) {
    VaeSettings wrong = s;
    change(wrong);
    return message_of([&] { parse_vae(wrong); });
  };
  EXPECT_NE(error([](VaeSettings& w) { w.width = 22; }).find("4 times as large"), std::string::npos);
  EXPECT_NE(error([](VaeSettings& w) { w.top = 0; }).find("top is missing"), std::string::npos);
  EXPECT_NE(error([](VaeSettings& w) { w.width = 0; }).find("needs the picture's size"), std::string::npos);
  // all to all
  s.decoder = {"dense 20", "dense 1152"};
  VaeModel flat(s, {}, {});
  flat.initialise(1);
  EXPECT_EQ(flat.decode(torch::randn({2, 5}), 16, 24, flat.constant()).sizes(),
            (std::vector<int64_t>{2, 3, 16, 24}));
  // a grid of codes, any size
  s.decoder = {"deconv 6 5", "deconv 3 5"};
  s.spatial = true;
  VaeModel grid(s, {}, {});
  grid.initialise(1);
  EXPECT_EQ(grid.shrink(), 4);
  EXPECT_EQ(grid.decode(torch::randn({1, 5, 7, 9}), 28, 36, grid.constant()).sizes(),
            (std::vector<int64_t>{1, 3, 28, 36}));
}

}  // namespace
}  // namespace reverie
