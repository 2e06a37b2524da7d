#include "discover/likes.h"

#include <gtest/gtest.h>

#include <cmath>

#include "core/error.h"
#include "core/file.h"
#include "core/test_help.h"

namespace reverie {
namespace {

namespace fs = std::filesystem;

Life looking(double brightness, double colour = 0.2) {
  Life life;
  life.grain = 3.123456789012345;
  life.change = 0.01;
  life.colour = colour;
  life.contrast = 0.15;
  life.brightness = brightness;
  life.slope = -2;
  return life;
}

class Likes : public testing::Test {
 protected:
  TemporaryFolder folder_;
  fs::path file_ = folder_.path() / "deep" / "likes.toml";
};

TEST_F(Likes, AreReadAsTheyWereWritten) {
  EXPECT_TRUE(read_likes(file_).empty());
  add_likes(file_, {verdict_on(looking(0.3), "smoke", true)});
  add_likes(file_, {verdict_on(looking(0.7), "a \"b\"", false)});
  const std::vector<Verdict> all = read_likes(file_);
  ASSERT_EQ(all.size(), 2U);
  EXPECT_TRUE(all[0].liked);
  EXPECT_EQ(all[0].looks, verdict_on(looking(0.3), "", true).looks);
  EXPECT_FALSE(all[1].liked);
  EXPECT_EQ(all[1].of, "a \"b\"");
}

TEST_F(Likes, WhoThinksBetterOfItIsHeard) {
  add_likes(file_, {verdict_on(looking(0.3), "smoke", true), verdict_on(looking(0.4), "smoke", true)});
  add_likes(file_, {verdict_on(looking(0.3), "smoke", false)});
  const std::vector<Verdict> all = read_likes(file_);
  ASSERT_EQ(all.size(), 2U);
  EXPECT_TRUE(all[0].liked);
  EXPECT_FALSE(all[1].liked);
}

TEST_F(Likes, TheNewestAreKept) {
  std::vector<Verdict> many;
  for (size_t i = 0; i < kMostVerdicts + 7; ++i)
    many.push_back(verdict_on(looking(0.001 * static_cast<double>(i)), std::to_string(i), true));
  add_likes(file_, many);
  const std::vector<Verdict> all = read_likes(file_);
  ASSERT_EQ(all.size(), kMostVerdicts);
  EXPECT_EQ(all.front().of, "7");
  EXPECT_EQ(all.back().of, many.back().of);
}

TEST_F(Likes, ADamagedFileIsNamedAndSetAside) {
  folder_.write("deep/likes.toml", "[[verdict]]\nliked = true\n\n[[verdict]]\nliked = \"yes\"\n");
  EXPECT_NE(message_of([&] { read_likes(file_); }).find("likes.toml:5"), std::string::npos);
  add_likes(file_, {verdict_on(looking(0.3), "smoke", true)});
  EXPECT_EQ(read_likes(file_).size(), 1U);
  EXPECT_NE(read_text_file(folder_.path() / "deep/likes.damaged.toml").find("yes"), std::string::npos);
  EXPECT_NE(message_of([] { parse_likes("[[verdict]]\nof = \"x\"\n", "f"); }).find("liked"),
            std::string::npos);
  EXPECT_NE(message_of([] { parse_likes("[[verdict]]\nliked = true\ngrain = nan\n", "f"); }).find("grain"),
            std::string::npos);
}

TEST(Taste, IsFullNearALikeAndGoneFarAway) {
  EXPECT_EQ(Taste().factor(looking(0.5)), 1);
  const Taste liking({verdict_on(looking(0.3), "", true)});
  EXPECT_NEAR(liking.factor(looking(0.3)), 4, 0.1);
  EXPECT_GT(liking.factor(looking(0.3)), liking.factor(looking(0.5)));
  EXPECT_GT(liking.factor(looking(0.5)), 1);
  Life far = looking(0.3);
  far.grain = 40;
  EXPECT_NEAR(liking.factor(far), 1, 1e-3);
  const Taste both({verdict_on(looking(0.3), "", true), verdict_on(looking(0.3), "", false)});
  EXPECT_DOUBLE_EQ(both.factor(looking(0.3)), 1);
  const Taste much(std::vector<Verdict>(400, verdict_on(looking(0.3), "", false)));
  EXPECT_NEAR(much.factor(looking(0.3)), 0.25, 0.01);
}

TEST(Taste, TheNearerOneCountsMore) {
  const Taste taste({verdict_on(looking(0.3), "", true), verdict_on(looking(0.7), "", false)});
  EXPECT_GT(taste.factor(looking(0.35)), 2);
  EXPECT_LT(taste.factor(looking(0.65)), 0.5);
  EXPECT_NEAR(taste.factor(looking(0.5)), 1, 1e-9);
}

// As files of other versions may have it: a figure that is not known says nothing.
TEST(Taste, WhatIsNotKnownIsNotCompared) {
  const char* file = "[[verdict]]\nliked = true\nbrightness = 0.3\n\n[[verdict]]\nliked = false\n";
  EXPECT_NEAR(Taste(parse_likes(file, "f")).factor(looking(0.3, 0.4)), 4, 0.1);
}

}  // namespace
}  // namespace reverie
