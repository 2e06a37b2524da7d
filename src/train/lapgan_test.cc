// Training generators by scales.
#include <gtest/gtest.h>

#include "core/test_help.h"
#include "models/vae/vae.h"
#include "train/gan_task.h"
#include "train/resume_test_help.h"
#include "train/stripes_test_help.h"
#include "train/test_set.h"

namespace reverie {
namespace {

constexpr const char* kSmallScales = R"(
[lapgan]
generator = ["dense 48"]
finer = ["conv 8, conv 3", "conv 8, conv 3"]
top = 24
codes = 6
size = "16x16"
conditional = true
[discriminator]
layers = ["dense 16"]
finer = ["conv 8 3 2", "conv 8 5 2, conv 12 5 2"]
spectral = true
[[stage]]
rate = 0.004
solver = "adam"
momentum = 0.5
average = 0.9
batch = 16
[input]
mean = "middle"
scale = 0.00784313725490196
)";

TEST(LapganTask, GradientsReachEachScaleAlone) {
  const Recipe recipe = parse_recipe(kSmallScales, "l.toml");
  BuildOptions options;
  options.input = {1 / 127.5, true, torch::full({3, 1, 1}, 127.5)};
  options.labels = {"along", "across"};
  options.width = options.height = 16;
  const auto task = task_kind("lapgan").make(recipe, options);
  Sight sight;
  torch::manual_seed(5);
  sight.pictures = torch::randint(100, 140, {4, 3, 16, 16}).to(torch::kFloat32);
  sight.labels = torch::tensor({0, 1, 1, -1});
  sight.count = 4;
  sight.iteration = 3;
  const auto networks = task->networks();
  ASSERT_EQ(networks.size(), 5U) << "generator, three discriminators and the average";
  const auto turns = task->turns();
  ASSERT_EQ(turns.size(), 2U);
  EXPECT_EQ(turns[0].networks, (std::vector<size_t>{1, 3, 4}));
  const auto gradients = [&](const Turn& turn) {
    std::vector<torch::Tensor> flats;
    for (const size_t n : turn.networks) flats.push_back(networks[n].parameters->flat());
    return torch::autograd::grad({task->losses(sight, recipe.stages[0], turn).total}, flats);
  };
  const torch::Tensor before = gradients(turns[1])[0];
  EXPECT_GT(before.abs().max().item<double>(), 0);
  const auto differ = [&](const std::string& scale, const torch::Tensor& after) {
    for (const ParameterSlice& slice : networks[0].parameters->slices()) {
      if (!slice.name.ends_with("weight")) continue;
      const auto of = [&](const torch::Tensor& flat) { return flat.narrow(0, slice.begin, slice.count); };
      const torch::Tensor moved = (of(after) - of(before)).norm() / of(before).norm();
      EXPECT_EQ(moved.item<double>() > 1e-3, is_within(scale, slice.name)) << scale << " " << slice.name;
    }
  };
  // other pictures for the finest scale alone: 8x8 is not what it was, 4x4 is
  torch::Tensor columns = sight.pictures.narrow(3, 0, 4);
  const torch::Tensor ones = torch::tensor({16.0F, 16.0F, -16.0F, -16.0F});
  columns.add_(ones);
  differ("finer2", gradients(turns[1])[0]);
  columns.sub_(ones);
  // another finest discriminator
  {
    torch::NoGradGuard no_grad;
    networks[4].parameters->flat().add_(0.1 * torch::randn_like(networks[4].parameters->flat()));
  }
  differ("finer2", gradients(turns[1])[0]);
  for (const torch::Tensor& g : gradients(turns[0])) EXPECT_GT(g.norm().item<double>(), 0);
  const Losses losses = task->losses(sight, recipe.stages[0], turns[1]);
  ASSERT_EQ(losses.parts.size(), 3U);
  EXPECT_EQ(losses.parts[0].name, "generator_4");
  EXPECT_EQ(losses.parts[2].name, "generator_16");
}

TEST(LapganTask, GoesOnFromACheckpointToTheSameBits) {
  const RecordSet set = striped_set(40, 10, 16);
  for (const auto& changes : std::vector<std::vector<std::string>>{
           {}, {"conditional=false", "turns=2", "spectral=false", "discriminator.norm=batch"}, {"r1=1"}}) {
    const auto [whole, end] = train_both_ways(parse_recipe(kSmallScales, "l.toml", changes), set, 3, 6);
    ASSERT_EQ(end.weights.size(), 5U);
    for (size_t i = 0; i < end.weights.size(); ++i) {
      EXPECT_TRUE(torch::equal(end.weights[i], whole.weights[i])) << i;
      EXPECT_TRUE(torch::equal(end.buffers[i], whole.buffers[i])) << i;
    }
  }
}

TEST(LapganTask, LearnsWhatThePicturesOfEachLabelHave) {
  const RecordSet set = striped_set(64, 16, 16);
  Group alone;
  const Recipe recipe = parse_recipe(
      kSmallScales, "l.toml",
      {"iterations=300", "adversarial=hinge", "lapgan.generator=[\"dense 192\"]",
       "lapgan.finer=[\"conv 8, conv 3\"]", "discriminator.layers=[\"conv 8 3 2\", \"conv 12 3 2\"]",
       "discriminator.finer=[\"conv 8 5 2, conv 12 5 2\"]"});
  Trainer trainer(recipe, set, {}, alone, nullptr);
  const auto made = [&](int64_t label) { return stripes_made(*trainer.model(), label, 16); };
  const auto [before_along, before_across] = made(0);
  EXPECT_LT(std::max(before_along, before_across), 0.2);
  while (!trainer.done()) trainer.step();
  const auto [along, not_across] = made(0);
  const auto [not_along, across] = made(1);
  EXPECT_GT(along, 2 * not_across);
  EXPECT_GT(across, 2 * not_along);
  EXPECT_GT(along, 0.2);
  EXPECT_GT(across, 0.2);
  const auto figures = figures_of(*trainer.model(), set, Split::kTest, 0);
  EXPECT_EQ(figures[2].name, "distinct_nearest");
  EXPECT_GT(figures[2].value, 0);
}

TEST(LapganTask, WhatIsWrongIsSaid) {
  const RecordSet set = striped_set(8, 4, 16);
  const auto made = [&](const std::vector<std::string>& changes) {
    return message_of([&] {
      const Recipe recipe = parse_recipe(kSmallScales, "l.toml", changes);
      Group alone;
      const Trainer trainer(recipe, set, {}, alone, nullptr);
    });
  };
  EXPECT_EQ(made({}), "");
  EXPECT_NE(made({"size=32x32"}).find("ends with 48 channels, not 192"), std::string::npos);
  EXPECT_NE(made({"lapgan.finer=[]"}).find("'finer' is missing"), std::string::npos);
  EXPECT_NE(made({"discriminator.finer=[\"conv 8 3 2\"]"}).find("2 finer scales, and their discriminators 1"),
            std::string::npos);
  EXPECT_NE(made({"lapgan.finer=[\"conv 8, conv 4\", \"conv 3\"]"}).find("must end in conv 3"),
            std::string::npos);
  const Recipe recipe = parse_recipe(kSmallScales, "l.toml",
                                     {"r1=2", "frozen=[\"discriminator.finer2.layer1\", \"lapgan.finer1\"]"});
  EXPECT_FALSE(find_difference(recipe, parse_recipe(format_recipe(recipe), "again.toml")));
}

}  // namespace
}  // namespace reverie
