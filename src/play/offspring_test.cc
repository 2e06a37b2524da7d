#include "play/offspring.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cstdlib>
#include <thread>

#include "control/session.h"
#include "core/test_help.h"
#include "discover/likes.h"

namespace reverie {
namespace {

using namespace std::chrono_literals;

class OffspringTest : public testing::Test {
 protected:
  OffspringTest() { setenv("XDG_CONFIG_HOME", folder_.path().c_str(), 1); }
  ~OffspringTest() override { unsetenv("XDG_CONFIG_HOME"); }

  // Looks until this child is there, for a hundred seconds at most.
  bool grown(int place) {
    for (int i = 0; i < 10000; ++i) {
      if (offspring_.look().children[static_cast<size_t>(place)].picture) return true;
      std::this_thread::sleep_for(10ms);
    }
    return false;
  }
  Preset plays() const { return desk_.preset(); }

  TemporaryFolder folder_;
  std::vector<Event> events_;
  Desk desk_{load_chain("smoke"), 5, [this](Event e) { events_.push_back(std::move(e)); }};
  Offspring offspring_{desk_, true};
};

TEST_F(OffspringTest, TheChosenOnePlaysIsLikedAndHasChildren) {
  const std::string parent = format_preset(plays());
  offspring_.choose(0);
  EXPECT_TRUE(events_.empty()) << "it is not grown yet";
  EXPECT_EQ(offspring_.difference(0), "");
  ASSERT_TRUE(grown(1));
  EXPECT_NE(offspring_.difference(1), "");
  offspring_.choose(1);
  const std::string chosen = format_preset(plays());
  EXPECT_NE(chosen, parent);
  EXPECT_TRUE(desk_.changed()) << "it is not saved";
  ASSERT_EQ(events_.size(), 1U);
  const auto* change = std::get_if<ChangePreset>(&events_[0]);
  ASSERT_NE(change, nullptr);
  EXPECT_EQ(format_preset(change->preset), chosen);
  // what a session keeps of it is all of it
  SessionStart start{load_chain("smoke")};
  start.width = start.height = 32;
  const Session again =
      parse_session(format_session_start(start) + format_event({3, events_[0]}), "a.session");
  EXPECT_EQ(format_preset(std::get<ChangePreset>(again.events.at(0).event).preset), chosen);

  const std::vector<Verdict> likes = read_likes(likes_file());
  ASSERT_EQ(likes.size(), 1U);
  EXPECT_TRUE(likes[0].liked);
  EXPECT_EQ(likes[0].of, "a child of smoke");

  EXPECT_FALSE(offspring_.look().children[1].picture) << "the next generation is not grown yet";
  ASSERT_TRUE(grown(0));
  offspring_.choose(0);
  EXPECT_NE(format_preset(plays()), chosen);
  desk_.undo();
  EXPECT_EQ(format_preset(plays()), chosen);
  EXPECT_TRUE(offspring_.look().changed);
  offspring_.again();
  EXPECT_FALSE(offspring_.look().changed);
}

TEST_F(OffspringTest, TheRefusedOneIsReplacedAndRemembered) {
  ASSERT_TRUE(grown(2));
  const std::string before = offspring_.difference(2);
  offspring_.refuse(2);
  EXPECT_TRUE(events_.empty());
  const std::vector<Verdict> likes = read_likes(likes_file());
  ASSERT_EQ(likes.size(), 1U);
  EXPECT_FALSE(likes[0].liked);
  ASSERT_TRUE(grown(2));
  EXPECT_NE(offspring_.difference(2), before);
}

TEST_F(OffspringTest, AChildCanBeSavedAndTheOthersStay) {
  ASSERT_TRUE(grown(0));
  offspring_.choose(0);
  ASSERT_TRUE(grown(0));
  const std::string other = offspring_.difference(0);
  desk_.save("daughter");
  EXPECT_FALSE(desk_.changed());
  EXPECT_EQ(format_preset(load_preset("daughter")), format_preset(plays()));
  EXPECT_FALSE(offspring_.look().changed);
  EXPECT_EQ(offspring_.difference(0), other);
}

TEST_F(OffspringTest, AnotherPresetHasOthersAndSomeHaveNone) {
  ASSERT_TRUE(grown(0));
  desk_.load("marble");
  EXPECT_FALSE(offspring_.look().children[0].picture);
  ASSERT_TRUE(grown(0));
  desk_.load("veil");
  EXPECT_NE(offspring_.look().why_none.find("input"), std::string::npos);
  desk_.load("smoke");
  EXPECT_EQ(offspring_.look().why_none, "");
  desk_.add_part("grade");
  EXPECT_NE(offspring_.look().why_none.find("chain"), std::string::npos);
}

TEST_F(OffspringTest, WhatIsLockedStays) {
  for (const Parameter& p : plays().values.table().all()) {
    if (p.name != "gain") desk_.lock(p.name, true);
  }
  const Preset before = plays();
  ASSERT_TRUE(grown(0));
  offspring_.choose(0);
  for (const Parameter& p : before.values.table().all()) {
    if (p.name == "gain" || p.kind == ParameterKind::kText) continue;
    EXPECT_EQ(plays().values.list(p.name), before.values.list(p.name)) << p.name;
  }
}

}  // namespace
}  // namespace reverie
