#include "control/bank.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cstdlib>

#include "control/desk.h"
#include "core/test_help.h"

namespace reverie {
namespace {

class BankTest : public testing::Test {
 protected:
  BankTest() { setenv("XDG_CONFIG_HOME", folder_.path().c_str(), 1); }
  ~BankTest() override { unsetenv("XDG_CONFIG_HOME"); }

  std::vector<std::string> names() const {
    std::vector<std::string> all;
    for (const PresetEntry& e : desk_.presets()) all.push_back(e.name);
    return all;
  }
  const PresetEntry& entry(const std::string& name) {
    all_ = desk_.presets();
    return *std::find_if(all_.begin(), all_.end(), [&](const PresetEntry& e) { return e.name == name; });
  }

  TemporaryFolder folder_;
  std::vector<PresetEntry> all_;
  Desk desk_{load_chain("smoke"), 1, [](const Event&) {}};
};

TEST_F(BankTest, FavouritesAreKeptWhateverIsReordered) {
  EXPECT_TRUE(read_favourites().empty());
  mark_favourite("veil", true);
  mark_favourite("smoke", true);
  desk_.move_preset("marble", 0);
  EXPECT_EQ(read_favourites(), (std::vector<std::string>{"veil", "smoke"}));
  mark_favourite("veil", false);
  mark_favourite("smoke", true);
  EXPECT_EQ(read_favourites(), std::vector<std::string>{"smoke"});
  EXPECT_EQ(names().front(), "marble");
}

TEST_F(BankTest, SavingRenumbersNoOther) {
  std::vector<std::string> expected = names();
  desk_.save("zzz");
  desk_.save("aaa");
  expected.insert(expected.end(), {"zzz", "aaa"});
  EXPECT_EQ(names(), expected);
  const Desk later(load_chain("smoke"), 1, [](const Event&) {});  // another set
  EXPECT_EQ(later.presets().back().name, "aaa");
}

TEST_F(BankTest, NumbersAreThePersonsToOrder) {
  const std::vector<std::string> before = names();
  desk_.move_preset(before[3], 0);
  EXPECT_EQ(names()[0], before[3]);
  EXPECT_EQ(names()[1], before[0]);
  desk_.load_number(0);
  EXPECT_EQ(desk_.chain().name(), before[3]);
  EXPECT_NE(message_of([&] { desk_.rename("x"); }), "");  // not one's own
}

TEST_F(BankTest, ReplacingAnotherIsAsked) {
  desk_.save("mine");
  desk_.set("gain", "2");
  desk_.save("mine");  // the one that plays
  desk_.load("smoke");
  EXPECT_TRUE(desk_.would_replace("mine"));
  EXPECT_NE(message_of([&] { desk_.save("mine"); }).find("another preset"), std::string::npos);
  EXPECT_EQ(load_preset("mine").values.number("gain"), 2);
  desk_.save("mine", true);
  EXPECT_NE(load_preset("mine").values.number("gain"), 2);
}

TEST_F(BankTest, OnesOwnHidesAShippedOneUntilItIsDeleted) {
  EXPECT_FALSE(is_own(entry("smoke")));
  desk_.save("smoke");
  desk_.save("mine");
  EXPECT_TRUE(is_own(entry("smoke")));
  EXPECT_TRUE(hides_another(entry("smoke")));
  EXPECT_FALSE(hides_another(entry("mine")));
  desk_.remove_preset("smoke");
  EXPECT_FALSE(is_own(entry("smoke")));
  EXPECT_NE(message_of([&] { desk_.remove_preset("smoke"); }), "");
}

TEST_F(BankTest, ADamagedBankIsPassedOver) {
  folder_.write("reverie/bank.toml", "presets = [1, 2");
  EXPECT_TRUE(read_bank().empty());
  EXPECT_FALSE(presets_in_order().empty());
}

}  // namespace
}  // namespace reverie
