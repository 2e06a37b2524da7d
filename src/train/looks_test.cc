// Generators that learn by looks alone.
#include <gtest/gtest.h>

#include <algorithm>

#include "core/test_help.h"
#include "models/vae/vae.h"
#include "train/features_test_help.h"
#include "train/gan_task.h"
#include "train/input.h"
#include "train/perceptual.h"
#include "train/resume_test_help.h"
#include "train/test_set.h"

namespace reverie {
namespace {

constexpr int kSide = 32;

constexpr const char* kTexture = R"(
[gan]
generator = ["up", "conv 8 3", "up", "conv 3 3"]
top = 12
codes = 6
spatial = true
[input]
mean = "middle"
scale = 0.00784313725490196
[[stage]]
solver = "adam"
batch = 8
iterations = 50
rate = 0.01
average = 0.9
)";

Recipe texture(const std::string& network, const std::string& more = "") {
  return parse_recipe(
      kTexture + ("perceptual = \"" + network) + "\"\nlooks = [\"conv1\", \"conv2\"]\n" + more, "t.toml", {});
}

TEST(Looks, DistancesOfSortedNumbersAreTheirs) {
  const torch::Tensor a = torch::tensor({{3.0F, 1.0F, 2.0F}, {0.0F, 0.0F, 0.0F}});
  const torch::Tensor b = torch::tensor({{1.0F, 2.0F, 5.0F}, {0.0F, 0.0F, 0.0F}});
  const torch::Tensor along = torch::tensor({{1.0F, 0.0F}, {0.0F, 1.0F}});
  EXPECT_FLOAT_EQ(sliced_distance(a, b, along).item<float>(), 4 / 6.0F);
  EXPECT_EQ(sliced_distance(a, a.flip({1}), along).item<float>(), 0) << "places do not count";
  const torch::Tensor directions = random_directions(20, 5, at::make_generator<at::CPUGeneratorImpl>(4));
  EXPECT_LT((directions.norm(2, 1) - 1).abs().max().item<float>(), 1e-6);
}

TEST(Looks, AreZeroOfThePicturesThemselvesAndGrowWithWhatIsOff) {
  const TemporaryFolder folder;
  const Perceptual network(write_features(folder), {{"conv1"}});
  const RecordSet set = striped_set(16, 4, kSide);
  const torch::Tensor x = read_pictures(set, Split::kTrain, 0, 8);
  const auto looks = [&](const torch::Tensor& made) {
    return looks_between(network, {"conv1"}, 1, made, x, Random(3)).item<double>();
  };
  EXPECT_LT(looks(x), 1e-6);
  EXPECT_LT(looks(x.flip({0})), 1e-6) << "in any order";
  const double grey = looks(torch::full_like(x, 128));
  EXPECT_GT(grey, 0.3);
  EXPECT_LT(looks(x * 0.9 + 12.8), grey / 4);
}

TEST(GanTask, LearnsByLooksAlone) {
  const TemporaryFolder folder;
  const RecordSet set = striped_set(64, 16, kSide);
  Group alone;
  const Recipe recipe = texture(write_features(folder));
  Trainer trainer(recipe, set, {}, alone, nullptr);
  const double before = trainer.step().loss;
  double after = before;
  while (!trainer.done()) after = trainer.step().loss;
  EXPECT_LT(after, 0.3 * before);
  const auto model = trainer.model();
  const VaeModel& generator = as_vae(*model, "test");
  torch::NoGradGuard no_grad;
  const torch::Tensor wide = pictures_of_codes(generator, sample_codes(generator, 1, 48, 80, 2), 48, 80);
  EXPECT_EQ(wide.sizes(), (std::vector<int64_t>{1, 3, 48, 80})) << "of any size";
}

TEST(GanTask, LooksGoOnFromACheckpointToTheSameBits) {
  const TemporaryFolder folder;
  const RecordSet set = striped_set(40, 10, kSide);
  const auto [whole, end] = train_both_ways(texture(write_features(folder)), set, 3, 6);
  ASSERT_EQ(end.weights.size(), 2U) << "generator and average";
  for (size_t i = 0; i < 2; ++i) EXPECT_TRUE(torch::equal(end.weights[i], whole.weights[i])) << i;
  EXPECT_FALSE(torch::equal(whole.weights[0], whole.weights[1]));
}

TEST(GanTask, LooksMayStandBesideADiscriminator) {
  const TemporaryFolder folder;
  const RecordSet set = striped_set(40, 10, kSide);
  Group alone;
  const Recipe recipe =
      texture(write_features(folder), "[discriminator]\nlayers = [\"conv 8 5 2\"]\npatches = true\n");
  Trainer trainer(recipe, set, {}, alone, nullptr);
  std::vector<std::string> names;
  for (const auto& [name, value] : trainer.step().parts) names.push_back(name);
  for (const char* wanted : {"real", "fake", "generator", "looks"})
    EXPECT_EQ(std::count(names.begin(), names.end(), wanted), 1) << wanted;
}

TEST(GanTask, WhatLooksNeedIsSaid) {
  const RecordSet set = striped_set(8, 4, kSide);
  Group alone;
  const auto error_of = [&](const std::string& more) {
    return message_of([&] {
      const Recipe recipe = parse_recipe(kTexture + more, "t.toml", {});
      Trainer(recipe, set, {}, alone, nullptr);
    });
  };
  EXPECT_NE(error_of("looks = [\"conv1\"]\n").find("looks needs perceptual"), std::string::npos);
  EXPECT_NE(error_of("perceptual = \"nothing.safetensors\"\n").find("nothing.safetensors"),
            std::string::npos);
  EXPECT_NE(error_of("").find("no table [discriminator]"), std::string::npos);
}

}  // namespace
}  // namespace reverie
