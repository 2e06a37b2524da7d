#include "models/hourglass/net.h"

#include <gtest/gtest.h>

#include "core/test_help.h"
#include "models/hourglass/layers.h"
#include "models/hourglass/model.h"
#include "models/hourglass/pooling.h"
#include "models/phases.h"
#include "weights/safetensors.h"

namespace reverie {
namespace {

torch::Tensor numbers(std::vector<int64_t> shape) {
  torch::manual_seed(3);
  return torch::randn(shape);
}

double difference(const torch::Tensor& a, const torch::Tensor& b) {
  EXPECT_EQ(a.sizes(), b.sizes());
  return (a - b).abs().max().item<double>();
}

TEST(Layers, DecodeIsTheTransposedConvolution) {
  for (const auto& [kernel, pool] : std::vector<std::pair<int, int>>{
           {2, 2}, {4, 2}, {6, 2}, {8, 4}, {4, 4}, {3, 1}, {3, 3}, {5, 3}, {12, 4}}) {
    const torch::Tensor h = numbers({2, 5, 6, 4});
    const torch::Tensor w = numbers({5, 3, kernel, kernel});
    const torch::Tensor b = numbers({3});
    const torch::Tensor want = torch::conv_transpose2d(h, w, b, pool, (kernel - pool) / 2);
    EXPECT_LT(difference(decode_layer(h, w, b, pool), want), 1e-4) << kernel << " " << pool;
  }
}

TEST(Phases, OfAnyKernelAreTheTransposedConvolution) {
  for (const auto& [kernel, stride] :
       std::vector<std::pair<int, int>>{{3, 2}, {5, 2}, {7, 2}, {4, 3}, {7, 4}}) {
    const torch::Tensor h = numbers({2, 5, 6, 4});
    const torch::Tensor w = numbers({5, 3, kernel, kernel});
    const PhaseReach reach = phase_reach(kernel, stride);
    const torch::Tensor wide =
        torch::constant_pad_nd(h, {reach.before, reach.after, reach.before, reach.after});
    const torch::Tensor ours = torch::pixel_shuffle(torch::conv2d(wide, phase_weight(w, stride)), stride);
    const torch::Tensor all = torch::conv_transpose2d(h, w, {}, stride);
    const int64_t beyond = (kernel - stride) / 2;
    EXPECT_LT(difference(ours, all.narrow(2, beyond, 6 * stride).narrow(3, beyond, 4 * stride)), 1e-4)
        << kernel << " " << stride;
  }
}

TEST(Layers, DecodeHasTheTransposedConvolutionsGradients) {
  const torch::Tensor h = numbers({2, 5, 6, 4}).requires_grad_(true);
  const torch::Tensor w = numbers({5, 3, 4, 4}).requires_grad_(true);
  const torch::Tensor b = numbers({3}).requires_grad_(true);
  const auto gradients = [&](const torch::Tensor& y) {
    return torch::autograd::grad({y.pow(3).sum()}, {h, w, b});
  };
  const auto ours = gradients(decode_layer(h, w, b, 2));
  const auto want = gradients(torch::conv_transpose2d(h, w, b, 2, 1));
  for (size_t i = 0; i < want.size(); ++i)
    EXPECT_LT(difference(ours[i], want[i]), 1e-3 * want[i].abs().max().item<double>());
}

TEST(Layers, MaxPoolingBeforeTheActivationIsTheSame) {
  LevelConfig level;
  level.channels = 7;
  const torch::Tensor x = numbers({2, 3, 8, 6});
  const torch::Tensor w = numbers({7, 3, 3, 3});
  const torch::Tensor b = numbers({7});
  for (const ActivationKind kind : {ActivationKind::kTanh, ActivationKind::kRelu}) {
    level.activation = kind;
    const torch::Tensor want = torch::max_pool2d(activate(torch::conv2d(x, w, b, 1, 1), kind), 2);
    EXPECT_LT(difference(encode_layer(x, w, b, level), want), 1e-6);
  }
}

// To the bit, in the shapes of recipes 00, 09 and 16, with ties, in numbers that threads share unevenly.
TEST(Layers, PoolingHasTheBitsOfLibTorchs) {
  struct Case {
    int64_t channels, height, width, pool;
  };
  for (const Case& s :
       std::vector<Case>{{12, 32, 32, 2}, {48, 16, 16, 2}, {192, 8, 8, 2}, {5, 9, 6, 3}, {7, 4, 4, 1}}) {
    const torch::Tensor raw = (numbers({7, s.channels, s.height, s.width}) * 4)
                                  .round()
                                  .mul(0.25)
                                  .contiguous(torch::MemoryFormat::ChannelsLast);
    const auto run = [&](const std::function<torch::Tensor(const torch::Tensor&)>& pooled) {
      const torch::Tensor x = raw.clone().requires_grad_(true);
      const torch::Tensor y = pooled(x * 1.0);
      return std::pair(y.detach(), torch::autograd::grad({(y * numbers(y.sizes().vec())).sum()}, {x})[0]);
    };
    const auto p = s.pool;
    const auto most = run([p](const torch::Tensor& u) { return pool_max(u, p); });
    const auto want_most = run([p](const torch::Tensor& u) { return torch::max_pool2d(u, p); });
    EXPECT_TRUE(torch::equal(most.first, want_most.first)) << s.channels;
    EXPECT_TRUE(torch::equal(most.second, want_most.second)) << s.channels;
    const auto mean = run([p](const torch::Tensor& u) { return pool_mean_of_tanh(u, p); });
    const auto want_mean = run([p](const torch::Tensor& u) { return torch::avg_pool2d(torch::tanh(u), p); });
    EXPECT_TRUE(torch::equal(mean.first, want_mean.first)) << s.channels;
    EXPECT_TRUE(torch::equal(mean.second, want_mean.second)) << s.channels;
  }
  // what is not finite is not lost
  torch::Tensor bad = numbers({1, 2, 4, 4}).contiguous(torch::MemoryFormat::ChannelsLast);
  bad[0][1][2][3] = NAN;
  EXPECT_TRUE(torch::isnan(pool_max(bad, 2)).equal(torch::isnan(torch::max_pool2d(bad, 2))));
}

HourglassConfig two_levels() {
  HourglassConfig config;
  config.levels.resize(2);
  config.levels[0].channels = 6;
  config.levels[0].decode_kernel = 4;
  config.levels[1].channels = 9;
  config.levels[1].pool = PoolKind::kMean;
  return config;
}

TEST(HourglassNet, ShapesUpAndDown) {
  HourglassNet net(two_levels());
  net.initialise(InitKind::kXavier, 0, 1);
  const auto w = net.weights();
  const auto h = w.encode_up(numbers({3, 3, 16, 8}), 2);
  EXPECT_EQ(h[1].sizes().vec(), (std::vector<int64_t>{3, 6, 8, 4}));
  EXPECT_EQ(h[2].sizes().vec(), (std::vector<int64_t>{3, 9, 4, 2}));
  EXPECT_EQ(w.decode_down(h[2], 2, 0).sizes().vec(), (std::vector<int64_t>{3, 3, 16, 8}));
}

TEST(HourglassNet, TiedDecodingIsTheTransposeOfEncodingWithoutActivation) {
  HourglassConfig config;
  config.tied = true;
  config.levels.resize(1);
  config.levels[0] = {5, 3, 2, 4, PoolKind::kMean, ActivationKind::kLinear};
  config.output = ActivationKind::kLinear;
  HourglassNet net(config);
  net.initialise(InitKind::kGaussian, 1, 2);
  const auto w = net.weights();
  // <encode(x), h> = <x, decode(h)> / p^2
  const torch::Tensor x = numbers({1, 3, 8, 8});
  const torch::Tensor h = numbers({1, 5, 4, 4});
  const double up = (w.encode(0, x) * h).sum().item<double>();
  const double down = (w.decode(0, h) * x).sum().item<double>() / 4;
  EXPECT_NEAR(up, down, 1e-3 * std::abs(up));
}

TEST(HourglassNet, SameSeedSameWeights) {
  HourglassNet a(two_levels());
  HourglassNet b(two_levels());
  a.initialise(InitKind::kGaussian, 0.1, 5);
  b.initialise(InitKind::kGaussian, 0.1, 5);
  EXPECT_TRUE(torch::equal(a.flat(), b.flat()));
  b.initialise(InitKind::kGaussian, 0.1, 6);
  EXPECT_FALSE(torch::equal(a.flat(), b.flat()));
}

TEST(ModelFile, ComesBackAsItWas) {
  HourglassModel model{HourglassNet(two_levels())};
  model.net.initialise(InitKind::kGaussian, 0.1, 5);
  model.input.scale = 0.5;
  model.input.mean = numbers({3, 4, 4});
  const TemporaryFolder folder;
  write_safetensors(folder.path() / "model.safetensors", model.tensors());
  const HourglassModel again = read_hourglass(folder.path());
  EXPECT_TRUE(torch::equal(again.net.flat(), model.net.flat()));
  EXPECT_TRUE(torch::equal(again.input.mean, model.input.mean));
  EXPECT_EQ(again.input.scale, 0.5);
  EXPECT_EQ(again.net.config().levels[1].pool, PoolKind::kMean);
  EXPECT_EQ(again.net.config().levels[0].decode_kernel, 4);
}

TEST(ModelFile, LowerLevelsAreTaken) {
  HourglassConfig one = two_levels();
  one.levels.resize(1);
  HourglassNet from(one);
  from.initialise(InitKind::kGaussian, 0.1, 5);
  HourglassNet to(two_levels());
  EXPECT_EQ(take_levels(to, from.parameters()), 1);
  EXPECT_TRUE(torch::equal(to.flat().narrow(0, 0, from.flat().size(0)), from.flat()));
  EXPECT_EQ(to.flat().narrow(0, from.flat().size(0), 10).abs().sum().item<double>(), 0);
}

TEST(ModelFile, WhatDoesNotFitIsNamed) {
  TensorFile file;
  file.name = "m.safetensors";
  EXPECT_NE(message_of([&] { hourglass_from_tensors(file); }).find("no tensor encode1.weight"),
            std::string::npos);
  HourglassModel model{HourglassNet(two_levels())};
  file = model.tensors();
  file.name = "m.safetensors";
  file.metadata["pool"] = "median";
  EXPECT_NE(message_of([&] { hourglass_from_tensors(file); }).find("pool is one of max, mean, not 'median'"),
            std::string::npos);
  file.metadata["pool"] = "max";
  file.tensors["decode2.bias"].shape = {5};
  file.tensors["decode2.bias"].data.resize(5);
  EXPECT_NE(message_of([&] { hourglass_from_tensors(file); }).find("decode2.bias"), std::string::npos);
}

}  // namespace
}  // namespace reverie
