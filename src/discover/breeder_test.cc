#include "discover/breeder.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <thread>

#include "core/error.h"
#include "core/test_help.h"
#include "discover/children.h"

namespace reverie {
namespace {

using namespace std::chrono_literals;

// Every palette is this one: codecs are another module's.
PictureFiles one_picture() {
  return {[](const std::filesystem::path&) {
            Planes p(3, 8, 32);
            for (size_t i = 0; i < p.data().size(); ++i) p.data()[i] = static_cast<float>(i % 32) / 31;
            return p;
          },
          nullptr};
}

class Breeding : public testing::Test {
 protected:
  // Looks until it is true, for a hundred seconds at most.
  bool soon(const std::function<bool(const std::array<Breeder::Shown, Breeder::kChildren>&)>& true_at_last) {
    for (int i = 0; i < 10000; ++i) {
      if (true_at_last(breeder_.look())) return true;
      std::this_thread::sleep_for(10ms);
    }
    return false;
  }
  bool all_grown() {
    return soon([](const auto& all) {
      return std::all_of(all.begin(), all.end(), [](const auto& s) { return s.picture != nullptr; });
    });
  }
  Preset child(int place) const { return breeder_.child(place)->preset; }

  Preset parent_ = load_preset("smoke");
  Breeder breeder_{one_picture(), {.size = 32, .kernel = "cpu"}, true};
};

TEST_F(Breeding, EightGrowAreUnlikeAndMove) {
  EXPECT_FALSE(breeder_.child(0));
  breeder_.breed(parent_, 1);
  ASSERT_TRUE(all_grown());
  std::set<std::string> texts{format_preset(parent_)};
  for (int i = 0; i < Breeder::kChildren; ++i) {
    EXPECT_TRUE(texts.insert(format_preset(child(i))).second) << i;
    EXPECT_EQ(child(i).name, "smoke");
    const Life life = breeder_.child(i)->life;
    EXPECT_GT(life.contrast, 0.02);
    EXPECT_GT(life.change, 0);
    EXPECT_LT(life.grain, 8);
    EXPECT_GT(life.grain, 0);
  }
  const auto first = breeder_.look()[3].picture;
  EXPECT_TRUE(
      soon([&](const auto& all) { return mean_absolute_difference(*all[3].picture, *first) > 0.0001; }));
}

TEST_F(Breeding, TheSameSeedHasTheSameChildren) {
  breeder_.breed(parent_, 1);
  ASSERT_TRUE(all_grown());
  const std::string one = format_preset(child(5));
  breeder_.breed(parent_, 2);
  EXPECT_FALSE(breeder_.child(5)) << "the next generation is not there yet";
  ASSERT_TRUE(all_grown());
  EXPECT_NE(format_preset(child(5)), one);
  breeder_.breed(parent_, 1);
  ASSERT_TRUE(all_grown());
  EXPECT_EQ(format_preset(child(5)), one);
}

TEST_F(Breeding, OneIsReplacedAndTheOthersStay) {
  breeder_.breed(parent_, 1);
  ASSERT_TRUE(all_grown());
  const std::string before = format_preset(child(2)), other = format_preset(child(3));
  breeder_.replace(2);
  EXPECT_FALSE(breeder_.look()[2].picture);
  ASSERT_TRUE(all_grown());
  EXPECT_NE(format_preset(child(2)), before);
  EXPECT_EQ(format_preset(child(3)), other);
}

TEST_F(Breeding, WhatIsKeptIsTheParents) {
  std::set<std::string> kept;
  for (const Parameter& p : parent_.values.table().all()) {
    if (p.name != "zoom" && p.name != "gain") kept.insert(p.name);
  }
  breeder_.breed(parent_, 1, kept);
  ASSERT_TRUE(all_grown());
  for (int i = 0; i < Breeder::kChildren; ++i) {
    for (const std::string& name : differences(parent_, child(i)))
      EXPECT_TRUE(name == "zoom" || name == "gain" || name == "LFOs") << name;
  }
}

TEST_F(Breeding, NobodyLooksAndNothingIsPlayed) {
  breeder_.breed(parent_, 1);
  std::this_thread::sleep_for(50ms);
  EXPECT_EQ(breeder_.frames(), 0) << "before the first look";
  ASSERT_TRUE(all_grown());
  std::this_thread::sleep_for(800ms);
  const int64_t then = breeder_.frames();
  std::this_thread::sleep_for(400ms);
  EXPECT_EQ(breeder_.frames(), then);
  EXPECT_TRUE(soon([&](const auto&) { return breeder_.frames() > then; }));
}

TEST_F(Breeding, WhereAllDieThereIsNone) {
  parent_.values.set("bypass", 1);
  breeder_.breed(parent_, 1, {"bypass"});
  EXPECT_TRUE(soon([](const auto& all) {
    return std::all_of(all.begin(), all.end(), [](const auto& s) { return s.none && !s.picture; });
  }));
  breeder_.replace(0);
  EXPECT_FALSE(breeder_.look()[0].none) << "tried again";
}

TEST(Children, WhyThereAreNoneIsSaid) {
  EXPECT_EQ(why_no_children(load_chain("smoke")), "");
  EXPECT_NE(why_no_children(load_chain("veil")).find("input"), std::string::npos);
  EXPECT_NE(why_no_children(load_chain(std::vector<std::string>{"smoke", "veil"})).find("chain"),
            std::string::npos);
  const std::vector<Preset> all = possible_parents();
  EXPECT_GE(all.size(), 10U);
  for (const Preset& p : all) EXPECT_EQ(why_no_children(p), "") << p.name;
}

}  // namespace
}  // namespace reverie
