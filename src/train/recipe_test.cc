// Recipes: what is read, written, changed and refused.
#include "train/recipe.h"

#include <gtest/gtest.h>

#include <cstdlib>

#include "core/file.h"
#include "train/train_test_help.h"
#include "weights/caffe_net.h"
#include "weights/caffe_recipe.h"
#include "weights/caffe_solver.h"

namespace reverie {
namespace {

namespace fs = std::filesystem;

TEST(Recipe, WhatIsWrittenReadsTheSame) {
  const Recipe recipe = small();
  const std::string text = format_recipe(recipe);
  EXPECT_EQ(format_recipe(parse_recipe(text, "again.toml")), text);
  EXPECT_EQ(config_of(recipe).levels[1].decode_kernel, 2);
  EXPECT_EQ(recipe.stages[0].rate_multipliers.at("encode1.bias"), 2);
}

TEST(Recipe, ChangesReachStagesAndSections) {
  const Recipe recipe =
      small({"rate=0.5", "stage.2.rate=0.25", "channels=[8, 9]", "solver=adagrad", "flip=false"});
  EXPECT_EQ(recipe.stages[0].rate, 0.5);
  EXPECT_EQ(recipe.stages[1].rate, 0.25);
  EXPECT_EQ(recipe.stages[1].solver, SolverKind::kAdagrad);
  EXPECT_EQ(config_of(recipe).channels(2), 9);
  EXPECT_FALSE(recipe.input.flip);
}

TEST(Recipe, ErrorsNameFileLineAndTheNearestKey) {
  const auto error = [](const std::string& text, const std::vector<std::string>& changes = {}) {
    return message_of([&] { parse_recipe(text, "r.toml", changes); });
  };
  EXPECT_NE(error("[hourglass]\nchanels = [3]\n")
                .find("r.toml:2: there is no key 'chanels' here, did you mean 'channels'?"),
            std::string::npos);
  EXPECT_NE(
      error("[hourglass]\nchannels = [3]\nencode_kernel = 4\n[[stage]]\n").find("encode_kernel 4 is not odd"),
      std::string::npos);
  EXPECT_NE(error("[hourglass]\nchannels = [3]\n").find("[[stage]]"), std::string::npos);
  EXPECT_NE(
      error("[hourglass]\nchannels = [3]\n[[stage]]\nrate = -1\n").find("r.toml:4: 'rate' must be 0 to"),
      std::string::npos);
  EXPECT_NE(error(kSmall, {"rates=1"}).find("did you mean 'rate'?"), std::string::npos);
  EXPECT_NE(error(kSmall, {"iterations=0"}).find("--set: 'iterations' must be 1 to"), std::string::npos);
  EXPECT_NE(error(kSmall, {"channels=[0]"}).find("--set: "), std::string::npos);
  EXPECT_NE(error(kSmall, {"stage.3.rate=1"}).find("stages 1 to 2"), std::string::npos);
}

// A path is checked from its first word on.
TEST(Recipe, ChangesNameTheirPlaceOrOnlyTheirKey) {
  const auto error = [](const std::string& change) { return message_of([&] { small({change}); }); };
  for (const char* place :
       {"nonsense.rate=0.1", "nonsense.1.rate=0.1", "hourglas.channels=[3]", "stages.rate=1"})
    EXPECT_NE(error(place), "") << place;
  EXPECT_NE(error("nonsense.rate=0.1").find("the recipe has no table 'nonsense'"), std::string::npos);
  EXPECT_NE(error("hourglas.channels=[3]").find("did you mean 'hourglass'?"), std::string::npos);
  EXPECT_NE(error("input.rate=0.1").find("a recipe has no key 'rate'"), std::string::npos);
  EXPECT_NE(error("a.b.c.rate=0.1").find("KEY, TABLE.KEY or stage.N.KEY"), std::string::npos);
  EXPECT_NE(error("stage.0.rate=1").find("stages 1 to 2"), std::string::npos);
  EXPECT_NE(error("stage.1.5.rate=1"), "");
  const Recipe recipe =
      small({"stage.rate=0.5", "hourglass.channels=[3, 8]", "input.flip=false", "stage.2.rate=0.25"});
  EXPECT_EQ(recipe.stages[0].rate, 0.5);
  EXPECT_EQ(recipe.stages[1].rate, 0.25);
  EXPECT_EQ(config_of(recipe).channels(2), 8);
  EXPECT_FALSE(recipe.input.flip);
}

TEST(Recipe, PartsThatStayAreNamed) {
  const Recipe recipe = small({"stage.1.frozen=['encode1', 'decode2.bias']"});
  EXPECT_EQ(recipe.stages[0].frozen.size(), 2U);
  EXPECT_EQ(format_recipe(parse_recipe(format_recipe(recipe), "again")), format_recipe(recipe));
  EXPECT_NE(message_of([&] {
              small({"frozen=['encode3']"});
            }).find("frozen: there is no 'encode3', did you mean 'encode"),
            std::string::npos);
}

// What `reverie convert` writes of Caffe's files is what this reads.
TEST(Recipe, ACaffeNetsRecipeIsUnderstood) {
  const char* set = std::getenv("REVERIE_DATA");
  const fs::path caffe = fs::path(set ? set : "../shared/data") / "caffe";
  if (!fs::exists(caffe)) GTEST_SKIP() << "no ../shared/data";
  const CaffeRecipe made = recipe_from_caffe(read_caffe_net(caffe / "hourglass6.prototxt"),
                                             read_caffe_solver(caffe / "hourglass6-solver.prototxt"));
  const Recipe recipe = parse_recipe(made.text, "hourglass6.toml");
  const Recipe ours =
      parse_recipe(read_text_file(fs::path(std::getenv("REVERIE_ROOT") ? std::getenv("REVERIE_ROOT") : ".") /
                                  "recipes" / "hourglass-01.toml"),
                   "01");
  Recipe same = ours;
  same.about = recipe.about;
  EXPECT_EQ(format_recipe(recipe), format_recipe(same));
}

TEST(Recipe, GreedyIsOneStageForEachLevel) {
  const Recipe recipe =
      parse_recipe("[hourglass]\nchannels = [4, 5, 6]\n[[stage]]\ngreedy = true\n[[stage]]\n", "r.toml");
  ASSERT_EQ(recipe.stages.size(), 4U);
  EXPECT_EQ(hourglass_stage(recipe.stages[2]).frozen_levels, 2);
  EXPECT_EQ(hourglass_stage(recipe.stages[2]).top_level, 3);
  EXPECT_EQ(hourglass_stage(recipe.stages[1]).loss_weights, (std::vector<double>{0, 1}));
  EXPECT_EQ(hourglass_stage(recipe.stages[3]).frozen_levels, 0);
}

TEST(Recipe, RatesFollowTheirPolicy) {
  Stage s;
  s.rate = 1;
  s.iterations = 100;
  s.rate_policy = RatePolicy::kStep;
  s.rate_every = 10;
  EXPECT_NEAR(rate_at(s, 25), 0.01, 1e-12);
  s.rate_policy = RatePolicy::kExponential;
  s.rate_factor = 0.5;
  EXPECT_NEAR(rate_at(s, 3), 0.125, 1e-12);
  s.rate_policy = RatePolicy::kCosine;
  EXPECT_NEAR(rate_at(s, 50), 0.5, 1e-12);
  s.warm_up = 10;
  EXPECT_NEAR(rate_at(s, 0), 0.1, 1e-12);
}

// Every recipe of the tree can be read, and says what it is.
TEST(Recipe, TheTreesRecipesAreGood) {
  const char* root = std::getenv("REVERIE_ROOT");
  int count = 0;
  for (const auto& entry : fs::directory_iterator(fs::path(root ? root : ".") / "recipes")) {
    if (entry.path().extension() != ".toml") continue;
    const Recipe recipe = parse_recipe(read_text_file(entry.path()), entry.path().string());
    EXPECT_FALSE(recipe.about.empty()) << entry.path();
    ++count;
  }
  EXPECT_GE(count, 13);
}

// docs/recipes.md shows every key there is.
TEST(Recipe, TheDocumentedKeysAreTheKeys) {
  const char* root = std::getenv("REVERIE_ROOT");
  const std::string page = read_text_file(fs::path(root ? root : ".") / "docs" / "recipes.md");
  const size_t begin = page.find("```toml\n") + 8;
  const std::string text = page.substr(begin, page.find("```", begin) - begin);
  const Recipe recipe = parse_recipe(text, "recipes.md");
  EXPECT_EQ(recipe.stages[0].rate_multipliers.at("encode1.bias"), 2);
  EXPECT_EQ(recipe.start, "hourglass-07");
}

}  // namespace
}  // namespace reverie
