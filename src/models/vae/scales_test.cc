#include "models/vae/scales.h"

#include <gtest/gtest.h>

#include "core/test_help.h"
#include "models/vae/vae.h"
#include "models/vae/vae_onnx.h"

namespace reverie {
namespace {

double furthest(const torch::Tensor& a, const torch::Tensor& b) {
  return (a - b).abs().max().item<double>();
}

TEST(Scales, AddUpToThePicture) {
  torch::manual_seed(1);
  const torch::Tensor x = torch::rand({2, 3, 16, 24});
  const std::vector<torch::Tensor> all = pyramid(x, 3);
  ASSERT_EQ(all.size(), 3U);
  EXPECT_EQ(all[0].sizes(), (std::vector<int64_t>{2, 3, 4, 6}));
  EXPECT_TRUE(torch::equal(all[2], x));
  torch::Tensor sum = all[0];
  for (size_t i = 1; i < all.size(); ++i) sum = enlarged(sum) + (all[i] - enlarged(all[i - 1]));
  EXPECT_LT(furthest(sum, x), 1e-6);
  // each is the mean of what it stands for
  EXPECT_LT(furthest(all[0].mean(), x.mean()), 1e-6);
  EXPECT_NEAR(all[0][1][2][3][5].item<double>(),
              x[1][2].narrow(0, 12, 4).narrow(1, 20, 4).mean().item<double>(), 1e-6);
  // what is even has nothing to add
  const torch::Tensor even = torch::full({1, 3, 8, 8}, 0.3);
  EXPECT_LT(furthest(enlarged(pyramid(even, 2)[0]), even), 1e-6);
}

TEST(Scales, TheLargestNumberSaysTheClass) {
  const torch::Tensor numbers = torch::tensor({{-1.0, 2.0, 0.5}, {0.95, 1.0, -3.0}, {0.0, 0.0, 0.0}});
  const torch::Tensor weights = class_weights(numbers);
  EXPECT_LT(furthest(weights[0], torch::tensor({0.0, 1.0, 0.0})), 1e-6);
  EXPECT_LT(furthest(weights[1], torch::tensor({1.0 / 3, 2.0 / 3, 0.0})), 1e-6);
  EXPECT_LT(furthest(weights[2], torch::full({3}, 1.0 / 3)), 1e-6);
  EXPECT_LT(furthest(class_weights(class_numbers(weights)), weights), 1e-6);
}

VaeSettings small() {
  VaeSettings s;
  s.spatial = false;
  s.conditional = true;
  s.width = 24;
  s.height = 16;
  s.codes = 5;
  s.norm = VaeNorm::kBatch;
  s.decoder = {"dense 12", "dense 72"};
  s.top = 8;
  s.finer = {"conv 4, residual, conv 3", "conv 5 5,conv 3 5"};
  s.output = VaeActivation::kTanh;
  return s;
}

TEST(Scales, OneAfterTheOtherMakeThePicture) {
  VaeModel model(small(), {"night", "day"}, {1 / 127.5, true, torch::full({3, 1, 1}, 127.5)});
  model.initialise(3);
  EXPECT_EQ(model.family(), "lapgan");
  EXPECT_EQ(model.shrink(), 0);
  ASSERT_EQ(model.scales(), 3U);
  EXPECT_EQ(model.codes(), 5 + 8 * 12 + 16 * 24 + 2);
  torch::NoGradGuard no_grad;
  torch::manual_seed(4);
  model.parameters().buffers().add_(torch::rand_like(model.parameters().buffers()));
  const VaeWeights weights = model.constant();
  const torch::Tensor codes = torch::randn({3, model.codes()});
  const torch::Tensor y = model.decode(codes, 16, 24, weights);
  EXPECT_EQ(y.sizes(), (std::vector<int64_t>{3, 3, 16, 24}));
  const torch::Tensor classes = class_weights(codes.narrow(1, codes.size(1) - 2, 2));
  torch::Tensor picture;
  int64_t at = 0;
  for (size_t i = 0; i < 3; ++i) {
    const int64_t count = model.scale_codes(i);
    picture = model.decode_scale(i, picture, codes.narrow(1, at, count), classes, weights);
    EXPECT_EQ(picture.sizes(), (std::vector<int64_t>{3, 3, 4 << i, 6 << i}));
    at += count;
    // the numbers of finer scales say nothing to coarser ones
    torch::Tensor others = codes.clone();
    others.narrow(1, at, codes.size(1) - 2 - at).normal_();
    EXPECT_EQ(torch::equal(model.decode(others, 16, 24, weights), y), i == 2) << i;
  }
  EXPECT_TRUE(torch::equal(picture, y));
  EXPECT_LT(furthest(model.decode(codes, 16, 24, model.packed()), y), 1e-5);
  // a class and the other one
  const torch::Tensor night =
      model.decode(model.with_classes(codes, torch::eye(2).narrow(0, 0, 1)), 16, 24, weights);
  const torch::Tensor day =
      model.decode(model.with_classes(codes, torch::eye(2).narrow(0, 1, 1)), 16, 24, weights);
  EXPECT_GT(furthest(night, day), 1e-3);
  for (int64_t n = 0; n < 3; ++n)
    EXPECT_LT(furthest(y[n], classes[n][0].item<float>() > 0.5 ? night[n] : day[n]), 1e-5);
}

TEST(Scales, WhatDoesNotFitIsSaid) {
  const auto error = [](auto change) {
    VaeSettings wrong = small();
    change(wrong);
    return message_of([&] { VaeModel(wrong, {"night", "day"}, {}); });
  };
  EXPECT_EQ(error([](VaeSettings&) {}), "");
  EXPECT_NE(error([](VaeSettings& w) { w.width = 22; }).find("22x16 cannot be halved 2 times"),
            std::string::npos);
  EXPECT_NE(error([](VaeSettings& w) { w.spatial = true; }).find("no grid"), std::string::npos);
  EXPECT_NE(error([](VaeSettings& w) { w.norm = VaeNorm::kStyle; }).find("no styles"), std::string::npos);
  for (const char* finer : {"conv 4 3 2, conv 3", "conv 4, dense 1152", "deconv 4, conv 3"}) {
    EXPECT_NE(error([&](VaeSettings& w) { w.finer[1] = finer; }).find("layer"), std::string::npos) << finer;
  }
  EXPECT_NE(error([](VaeSettings& w) { w.finer[0] = "conv 4, conv 6"; }).find("must end in conv 3"),
            std::string::npos);
  EXPECT_NE(message_of([] { VaeModel(small(), {}, {}); }).find("there are no labels"), std::string::npos);
  const VaeModel model(small(), {"night", "day"}, {1 / 127.5, true, torch::full({3, 1, 1}, 127.5)});
  EXPECT_NE(message_of([&] { vae_onnx(model); }).find("by scales"), std::string::npos);
}

}  // namespace
}  // namespace reverie
