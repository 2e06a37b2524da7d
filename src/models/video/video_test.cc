#include "models/video/video.h"

#include <gtest/gtest.h>

#include <cmath>

#include "core/test_help.h"
#include "models/video/flow_input.h"
#include "models/video/recurrent.h"

namespace reverie {
namespace {

const std::vector<std::string> kLabels = {"a", "b", "c"};

VideoModel network(const VideoSettings& settings, int side = 12) {
  VideoModel model(settings, kLabels, side, side, {1.0 / 64, false, {}});
  model.initialise(7);
  return model;
}

std::string error_of(const std::vector<std::string>& words, int frames = 9) {
  return message_of([&] {
    std::vector<VideoLayer> layers = parse_video(words);
    fit_layers(layers, {3, frames, 16, 16});
  });
}

TEST(VideoLayers, FollowTheShapeOfWhatPasses) {
  std::vector<VideoLayer> layers =
      parse_video({"conv 8 5 4 2", "max 2", "conv3d 6", "max 2 2", "bigru 5", "flat", "dense 7", "lstm 4"});
  fit_layers(layers, {3, 10, 16, 12});
  const auto shape = [&](size_t i) {
    const VideoShape& s = layers[i].out;
    return std::vector<int64_t>{s.channels, s.frames, s.height, s.width};
  };
  EXPECT_EQ(shape(0), (std::vector<int64_t>{8, 4, 16, 12}));
  EXPECT_EQ(shape(1), (std::vector<int64_t>{8, 4, 8, 6}));
  EXPECT_EQ(shape(2), (std::vector<int64_t>{6, 4, 8, 6}));
  EXPECT_EQ(shape(3), (std::vector<int64_t>{6, 2, 4, 3}));
  EXPECT_EQ(shape(4), (std::vector<int64_t>{10, 2, 4, 3}));
  EXPECT_EQ(shape(5), (std::vector<int64_t>{120, 2, 1, 1}));
  EXPECT_EQ(shape(7), (std::vector<int64_t>{4, 2, 1, 1}));
  EXPECT_EQ(layers[4].name, "bigru1");
}

TEST(VideoLayers, WhatIsWrongIsSaidWithTheLayer) {
  EXPECT_NE(error_of({"konv 8"}).find("'konv 8'"), std::string::npos);
  EXPECT_NE(error_of({"conv 8 4"}).find("is odd"), std::string::npos);
  EXPECT_NE(error_of({"conv 8 3 10", "mean"}).find("looks at 10 frames together and gets 9"),
            std::string::npos);
  EXPECT_NE(error_of({"conv 8"}).find("end them with mean or flat"), std::string::npos);
  EXPECT_NE(error_of({"conv 8", "lstm 4"}).find("put mean or flat before it"), std::string::npos);
  EXPECT_NE(error_of({"max 17", "mean"}).find("too few"), std::string::npos);
  EXPECT_NE(error_of({"ends", "mean"}, 1).find("only one frame"), std::string::npos);
  EXPECT_EQ(error_of({"conv 8", "ends", "mean", "fuse"}), "");
}

TEST(Video, ConvolutionsOverTimeAreThoseOfVolumes) {
  struct Case {
    std::string word, name;
    int64_t step, pad;
  };
  for (const Case& c : {Case{"conv 4 3 4 2", "conv1", 2, 0}, Case{"conv 5 5", "conv1", 1, 0},
                        Case{"conv3d 4", "conv3d1", 1, 1}}) {
    VideoModel model = network({10, VideoInput::kFrames, {c.word, "mean"}, {}});
    torch::manual_seed(1);
    const torch::Tensor clips = torch::rand({2, 10, 3, 12, 12}) * 255;
    TensorFile file = model.tensors();
    const auto t = [&](const std::string& name) { return from_plain(file.get(name)).to(torch::kFloat64); };
    const torch::Tensor x = (clips / 64).transpose(1, 2).to(torch::kFloat64);
    const torch::Tensor weight = t(c.name + ".weight");
    const torch::Tensor y =
        torch::conv3d(x, weight, {}, {c.step, 1, 1}, {c.pad, weight.size(3) / 2, weight.size(4) / 2});
    const std::vector<int64_t> each = {0, 2, 3, 4};
    const torch::Tensor normal = (y - y.mean(each, true)) / torch::sqrt(y.var(each, false, true) + 1e-5);
    const torch::Tensor h = torch::relu(normal).mean(at::IntArrayRef({2, 3, 4}));
    const torch::Tensor want = torch::linear(h, t("scores.weight"), t("scores.bias"));
    const torch::Tensor found = model.learn(model.look(clips), {0, 0, 2})[0];
    EXPECT_LT((found - want).abs().max().item<double>(), 1e-4) << c.word;
  }
}

TEST(Video, InUseTheStatisticsOfTheTrainingCount) {
  VideoModel model =
      network({4, VideoInput::kFrames, {"conv 4 3 2", "max 2", "gru 3", "mean", "lstm 5"}, {}});
  torch::manual_seed(2);
  const VideoSight sight = model.look(torch::rand({6, 4, 3, 12, 12}) * 255);
  torch::Tensor learned;
  for (int i = 0; i < 150; ++i) learned = model.learn(sight, {0, 0, 6})[0];
  EXPECT_LT((learned - model.scores(sight)[0]).abs().max().item<double>(), 2e-3);
}

double sigmoid(double v) {
  return 1 / (1 + std::exp(-v));
}

TEST(Video, ConvolutionalGruOfOnePixelIsItsEquations) {
  torch::manual_seed(3);
  const GruWeights w = {torch::randn({6, 2, 1, 1}), torch::randn({6}), torch::randn({4, 2, 1, 1}),
                        torch::randn({2, 2, 1, 1})};
  const torch::Tensor x = torch::randn({1, 5, 2, 1, 1});
  const auto at = [](const torch::Tensor& t, int64_t i, int64_t j) { return t[i][j].item<double>(); };
  for (const bool backwards : {false, true}) {
    const torch::Tensor found = convolutional_gru(x, w, backwards);
    double h[2] = {0, 0};
    for (int step = 0; step < 5; ++step) {
      const int t = backwards ? 4 - step : step;
      double gate[6];
      for (int g = 0; g < 6; ++g) {
        gate[g] = w.bias[g].item<double>();
        for (int c = 0; c < 2; ++c) gate[g] += at(w.input, g, c) * x[0][t][c].item<double>();
        for (int c = 0; c < 2 && g < 4; ++c) gate[g] += at(w.gates, g, c) * h[c];
      }
      double next[2];
      for (int c = 0; c < 2; ++c) {
        double candidate = gate[4 + c];
        for (int d = 0; d < 2; ++d) candidate += at(w.candidate, c, d) * sigmoid(gate[2 + d]) * h[d];
        const double z = sigmoid(gate[c]);
        next[c] = (1 - z) * h[c] + z * std::tanh(candidate);
      }
      for (int c = 0; c < 2; ++c) {
        h[c] = next[c];
        EXPECT_NEAR(found[0][t][c].item<double>(), h[c], 1e-5);
      }
    }
  }
}

TEST(Video, LstmIsItsEquations) {
  torch::manual_seed(4);
  constexpr int kCells = 3;
  const LstmWeights w = {torch::randn({4 * kCells, 2}), torch::randn({4 * kCells, kCells}),
                         torch::randn({4 * kCells})};
  const torch::Tensor x = torch::randn({1, 6, 2});
  const torch::Tensor found = lstm(x, w);
  double h[kCells] = {};
  double cell[kCells] = {};
  for (int t = 0; t < 6; ++t) {
    double gate[4 * kCells];
    for (int g = 0; g < 4 * kCells; ++g) {
      gate[g] = w.bias[g].item<double>();
      for (int f = 0; f < 2; ++f) gate[g] += w.input[g][f].item<double>() * x[0][t][f].item<double>();
      for (int c = 0; c < kCells; ++c) gate[g] += w.state[g][c].item<double>() * h[c];
    }
    for (int c = 0; c < kCells; ++c) {
      cell[c] = sigmoid(gate[kCells + c]) * cell[c] + sigmoid(gate[c]) * std::tanh(gate[2 * kCells + c]);
      h[c] = sigmoid(gate[3 * kCells + c]) * std::tanh(cell[c]);
      EXPECT_NEAR(found[0][t][c].item<double>(), h[c], 1e-5);
    }
  }
}

TEST(Video, GradientsAreThoseOfCentralDifferences) {
  VideoModel model = network(
      {5, VideoInput::kBoth, {"middle", "conv 3", "mean"}, {"conv 3 3 4", "gru 2", "flat", "fuse"}}, 8);
  torch::manual_seed(5);
  const VideoSight sight = {torch::randn({3, 5, 3, 8, 8}), torch::randn({3, 4, 2, 8, 8})};
  const torch::Tensor wanted = torch::tensor({int64_t{0}, int64_t{2}, int64_t{1}});
  const auto loss = [&] {
    torch::Tensor sum = torch::zeros({});
    for (const torch::Tensor& scores : model.learn(sight, {0, 0, 3}))
      sum = sum + torch::cross_entropy_loss(scores, wanted);
    return sum;
  };
  torch::Tensor& flat = model.parameters().flat();
  const torch::Tensor gradient = torch::autograd::grad({loss()}, {flat})[0];
  ASSERT_GT(gradient.abs().max().item<double>(), 0.01);
  const torch::Tensor along = torch::randn_like(gradient);
  constexpr double kStep = 2e-3;
  double ends[2];
  for (int i = 0; i < 2; ++i) {
    torch::NoGradGuard no_grad;
    const double by = i == 0 ? -kStep : kStep;
    flat.add_(along, by);
    ends[i] = loss().item<double>();
    flat.add_(along, -by);
  }
  const double slope = (gradient * along).sum().item<double>();
  EXPECT_NEAR((ends[1] - ends[0]) / (2 * kStep), slope, 0.03 * std::abs(slope) + 0.01);
}

TEST(Video, FilesGiveTheSameAnswers) {
  VideoModel model =
      network({5, VideoInput::kBoth, {"middle", "conv 3", "max 2", "flat"}, {"conv 3 3 4", "mean"}});
  const auto copy = model_from_tensors(model.tensors());
  const VideoModel& again = as_video(*copy, "test");
  torch::manual_seed(6);
  const torch::Tensor clips = torch::rand({2, 5, 3, 12, 12}) * 255;
  const auto before = model.scores(model.look(clips));
  const auto after = again.scores(again.look(clips));
  ASSERT_EQ(before.size(), 2U);
  for (size_t i = 0; i < 2; ++i) EXPECT_TRUE(torch::equal(before[i], after[i]));
  EXPECT_EQ(again.first_kernels(false).sizes(), (std::vector<int64_t>{3, 3, 1, 3, 3}));
  EXPECT_EQ(again.first_kernels(true).sizes(), (std::vector<int64_t>{3, 2, 4, 3, 3}));
}

TEST(Video, AMachineFusesTheStreamsSoftmaxOfOneLength) {
  const VideoSettings settings = {
      5, VideoInput::kBoth, {"middle", "conv 3", "mean"}, {"conv 3 3 4", "mean"}, VideoFusion::kSvm};
  VideoModel model = network(settings);
  torch::manual_seed(9);
  const std::vector<torch::Tensor> scores = {2 * torch::randn({8, 3}), 2 * torch::randn({8, 3})};
  std::vector<torch::Tensor> seen;
  for (const torch::Tensor& stream : scores) {
    const torch::Tensor shares = torch::softmax(stream, 1);
    seen.push_back(shares / shares.norm(2, 1, true));
  }
  EXPECT_LT((model.learn_fusion(scores).values - (seen[0] + seen[1]) / 2).abs().max().item<double>(), 1e-6);
  {
    torch::NoGradGuard no_grad;
    for (const auto& [slice, part] : {std::pair{-3, 6 * 3}, std::pair{-2, 3}, std::pair{-1, 1}}) {
      const ParameterSlice& at = *(model.parameters().slices().end() + slice);
      ASSERT_TRUE(is_within(kFusion, at.name) && at.count == part) << at.name;
      model.parameters().flat().narrow(0, at.begin, at.count).copy_(torch::randn({at.count}));
    }
  }
  const TensorFile file = model.tensors();
  const auto t = [&](const char* name) { return from_plain(file.get(name)); };
  const torch::Tensor values = torch::linear(torch::cat(seen, 1), t("fusion.weight"), t("fusion.bias"));
  const torch::Tensor shares = torch::softmax(values * t("fusion.factor").exp(), 1);
  const FusedScores fused = model.learn_fusion(scores);
  EXPECT_LT((fused.values - values).abs().max().item<double>(), 1e-5);
  EXPECT_LT((model.shares(scores) - shares).abs().max().item<double>(), 1e-5);
  // what the shares learn does not reach the machine's weights
  const torch::Tensor gradient =
      torch::autograd::grad({fused.scaled.square().sum()}, {model.parameters().flat()})[0];
  EXPECT_EQ(gradient.count_nonzero().item<int64_t>(), 1);
  const auto copy = model_from_tensors(file);
  EXPECT_TRUE(torch::equal(as_video(*copy, "test").shares(scores), model.shares(scores)));
}

TEST(Video, APictureIsAClipThatStandsStill) {
  const VideoModel model = network({5, VideoInput::kFrames, {"conv 3 3 5", "max 2", "mean"}, {}});
  torch::manual_seed(7);
  const torch::Tensor x = torch::rand({1, 3, 16, 20});
  const auto out = model.forward(x, {"conv1", "max1"});
  EXPECT_EQ(out[0].sizes(), (std::vector<int64_t>{1, 3, 16, 20}));
  EXPECT_EQ(out[1].sizes(), (std::vector<int64_t>{1, 3, 8, 10}));
  EXPECT_EQ(model.layers(16, 20)[1].width, 10);
}

TEST(FlowInput, IsTheMotionLessTheCameras) {
  // a textured square moves to the right over a ground that stands still
  torch::manual_seed(8);
  const torch::Tensor ground = torch::upsample_bilinear2d(torch::rand({1, 3, 16, 16}) * 255, {64, 64}, false);
  const torch::Tensor square = torch::upsample_bilinear2d(torch::rand({1, 3, 10, 10}) * 255, {24, 24}, false);
  torch::Tensor clip = torch::empty({1, 4, 3, 64, 64});
  for (int64_t t = 0; t < 4; ++t) {
    clip[0][t].copy_(ground[0]);
    clip[0][t].narrow(1, 20, 24).narrow(2, 10 + 2 * t, 24).copy_(square[0]);
  }
  const torch::Tensor flow = flow_input(clip);
  ASSERT_EQ(flow.sizes(), (std::vector<int64_t>{1, 3, 2, 64, 64}));
  const double inside = flow[0][0][0].narrow(0, 26, 12).narrow(1, 16, 12).mean().item<double>();
  const double outside = flow[0][0][0].narrow(0, 50, 12).mean().item<double>();
  EXPECT_NEAR((inside - outside) * kLargestDisplacement * 64 / 224, 2, 0.4);
  EXPECT_NEAR(flow.mean().item<double>(), 0, 1e-3);
}

}  // namespace
}  // namespace reverie
