#include "control/desk.h"

#include <gtest/gtest.h>

#include <cstdlib>
#include <thread>

#include "core/error.h"
#include "core/test_help.h"

namespace reverie {
namespace {

class DeskTest : public testing::Test {
 protected:
  DeskTest() { setenv("XDG_CONFIG_HOME", folder_.path().c_str(), 1); }
  ~DeskTest() override { unsetenv("XDG_CONFIG_HOME"); }

  template <class E>
  E last() const {
    return std::get<E>(events_.back());
  }

  TemporaryFolder folder_;
  std::vector<Event> events_;
  Desk desk_{Preset(), 1, [this](Event e) { events_.push_back(std::move(e)); }};
};

TEST_F(DeskTest, KnobsAreSentAndKept) {
  desk_.set("gain", "2");
  EXPECT_EQ(last<SetParameter>().value, "2");
  EXPECT_EQ(desk_.preset().values.number("gain"), 2);
  EXPECT_TRUE(desk_.changed());
  EXPECT_NE(message_of([&] { desk_.set("gain", "1000"); }), "");
  EXPECT_EQ(events_.size(), 1U);
}

TEST_F(DeskTest, ControlsWithoutUnitsSpanTheRange) {
  desk_.set_share("home_centre", -1, 0.5);
  EXPECT_EQ(desk_.preset().values.number("home_centre"), 0.5);
  EXPECT_EQ(desk_.share("home_centre"), 0.5);
  desk_.set_share("gain", -1, 1);  // its playable range
  EXPECT_EQ(desk_.preset().values.number("gain"), 3);
  desk_.set_share("gain", -1, 0.5, {4, 8, {}});
  EXPECT_NEAR(desk_.preset().values.number("gain"), 6, 1e-9);
  EXPECT_NEAR(desk_.share("gain", 0, {8, 4, {}}), 0.5, 1e-9);
  desk_.set_share("squash", 1, 1);
  EXPECT_EQ(last<SetParameter>().name, "squash.1");
  EXPECT_EQ(last<SetParameter>().value, "rational");
  desk_.set_share("view_mono", -1, 0.9);
  EXPECT_TRUE(desk_.preset().values.flag("view_mono"));
  EXPECT_NE(message_of([&] { desk_.set_share("gain", -1, 1.5); }), "");
  EXPECT_NE(message_of([&] { desk_.set_share("palette", -1, 0.5); }), "");
}

TEST_F(DeskTest, TheInputIsPlayedByKnobsOfTheSet) {
  std::vector<std::string> told;
  desk_.watch([&](const std::string& address) { told.push_back(address); });
  desk_.set_share("set.input_speed", -1, 1);
  EXPECT_EQ(last<PlayInput>().speed, kMostInputSpeed);
  desk_.set("set.input_position", "0.25");
  ASSERT_TRUE(last<PlayInput>().seek.has_value());
  EXPECT_EQ(last<PlayInput>().seek->kind, InputTime::Kind::kShare);
  EXPECT_EQ(last<PlayInput>().seek->at, 0.25);
  EXPECT_EQ(told, (std::vector<std::string>{"set.input_speed", "set.input_position"}));
  EXPECT_FALSE(desk_.changed()) << "it is no part of the preset";

  desk_.pause_input();
  EXPECT_EQ(last<PlayInput>().speed, 0);
  EXPECT_TRUE(desk_.input_stands());
  desk_.pause_input();
  EXPECT_EQ(last<PlayInput>().speed, kMostInputSpeed);

  const size_t sent = events_.size();
  EXPECT_NE(message_of([&] { desk_.set("set.input_speed", "-1"); }), "");
  EXPECT_NE(message_of([&] { desk_.play_input({.seek = InputTime{InputTime::Kind::kSeconds, -1}}); }), "");
  EXPECT_NE(message_of([&] { desk_.play_input({.to = InputTime{InputTime::Kind::kShare, 1.5}}); }), "");
  EXPECT_EQ(events_.size(), sent);

  desk_.open_input("clip.mp4");  // at its own speed
  EXPECT_EQ(desk_.control("input_speed"), 1);
  EXPECT_EQ(desk_.control("input_position"), 0);
  EXPECT_EQ(last<OpenInput>().spec, "clip.mp4");
}

TEST_F(DeskTest, InputBHasKnobsOfItsOwnAndAFader) {
  desk_.set("set.input_b_speed", "2");
  EXPECT_EQ(last<PlayInput>().speed, 2);
  EXPECT_EQ(last<PlayInput>().side, InputSide::kB);
  desk_.set("set.input_b_position", "0.5");
  EXPECT_EQ(last<PlayInput>().side, InputSide::kB);
  EXPECT_EQ(desk_.control("input_position"), 0) << "that of A";
  desk_.pause_input(InputSide::kB);
  EXPECT_TRUE(desk_.input_stands(InputSide::kB));
  EXPECT_FALSE(desk_.input_stands());
  desk_.pause_input(InputSide::kB);
  EXPECT_EQ(last<PlayInput>().speed, 2);
  desk_.open_input("b.mp4", InputSide::kB);
  EXPECT_EQ(last<OpenInput>().side, InputSide::kB);
  EXPECT_EQ(desk_.control("input_b_speed"), 1);

  std::vector<std::string> told;
  desk_.watch([&](const std::string& address) { told.push_back(address); });
  desk_.set_share("set.input_fade", -1, 0.25);
  EXPECT_EQ(last<FadeInput>().share, 0.25);
  EXPECT_EQ(told, std::vector<std::string>{"set.input_fade"});
  EXPECT_FALSE(desk_.changed());
  const size_t sent = events_.size();
  EXPECT_NE(message_of([&] { desk_.set("set.input_fade", "1.5"); }), "");
  EXPECT_EQ(events_.size(), sent);
}

TEST_F(DeskTest, CycleGoesRound) {
  for (const char* word : {"encoding", "decoding", "state"}) {
    desk_.cycle("view");
    EXPECT_EQ(last<SetParameter>().value, word);
  }
  for (const char* word : {"1", "2", "3", "0"}) {
    desk_.cycle("view_level", true);
    EXPECT_EQ(last<SetParameter>().value, word);
  }
}

TEST_F(DeskTest, UndoTakesBackAGestureAndRedoBringsItBack) {
  desk_.set("gain", "2");
  desk_.set("gain", "3");
  desk_.set("hue", "5");
  desk_.undo();
  EXPECT_EQ(desk_.preset().values.number("hue"), 0);
  EXPECT_EQ(desk_.preset().values.number("gain"), 3);
  desk_.undo();
  EXPECT_EQ(last<ChangePreset>().preset.values.number("gain"), 1.333);
  desk_.undo();
  desk_.redo();
  desk_.redo();
  EXPECT_EQ(desk_.preset().values.number("hue"), 5);
}

TEST_F(DeskTest, RandomizeLeavesTheLockedAndTheStructure) {
  desk_.lock("hue", true);
  const Preset before = desk_.preset();
  desk_.randomize();
  const Preset after = last<ChangePreset>().preset;
  EXPECT_EQ(after.values.list("hue"), before.values.list("hue"));
  EXPECT_EQ(after.values.list("channels"), before.values.list("channels"));
  int changed = 0;
  for (const Parameter& p : after.values.table().all())
    changed += after.values.list(p.name) != before.values.list(p.name) ? 1 : 0;
  EXPECT_GT(changed, 5);
}

TEST_F(DeskTest, ChangesOfOneGestureAreUndoneTogether) {
  desk_.set("gain", "2");
  for (int i = 1; i < 300; ++i) {
    const auto turn = [&](Preset& p) {
      p.lfos = {{.parameter = "hue", .period = 1, .depth = static_cast<double>(i)}};
    };
    desk_.change("", turn, 0, "modulation of hue");
  }
  desk_.undo();
  EXPECT_TRUE(desk_.preset().lfos.empty());
  EXPECT_EQ(desk_.preset().values.number("gain"), 2);
  desk_.undo();
  EXPECT_EQ(desk_.preset().values.number("gain"), 1.333);
}

TEST_F(DeskTest, APresetIsNotRenamedOverAnother) {
  desk_.set("gain", "2.5");
  desk_.save("one");
  desk_.set("gain", "3.5");
  desk_.save("two");
  EXPECT_NE(message_of([&] { desk_.rename("one"); }).find("already a preset 'one'"), std::string::npos);
  EXPECT_EQ(load_preset("one").values.number("gain"), 2.5);
  desk_.rename("two");  // its own name
  EXPECT_EQ(load_preset("two").values.number("gain"), 3.5);
}

TEST_F(DeskTest, PresetsWrittenBesideAreFound) {
  const size_t before = desk_.presets().size();
  folder_.write("reverie/presets/beside.toml", "about = \"b\"\n");
  desk_.list_again();
  EXPECT_EQ(desk_.presets().size(), before + 1);
}

TEST_F(DeskTest, SavedPresetsAreThereAndCanBeRenamed) {
  desk_.set("gain", "2.5");
  desk_.save("mine");
  EXPECT_FALSE(desk_.changed());
  EXPECT_EQ(load_preset("mine").values.number("gain"), 2.5);
  desk_.load("smoke");
  EXPECT_EQ(desk_.preset().name, "smoke");
  EXPECT_NE(message_of([&] { desk_.rename("other"); }), "");
  desk_.load("mine");
  desk_.rename("yours");
  EXPECT_EQ(load_preset("yours").values.number("gain"), 2.5);
  EXPECT_NE(message_of([&] { load_preset("mine"); }), "");
  for (const char* bad : {"", "../x", "a b", "x/y"})
    EXPECT_NE(message_of([&] { desk_.save(bad); }), "") << bad;
}

TEST_F(DeskTest, StepGoesThroughThePresetsBothWaysAndRound) {
  const std::vector<PresetEntry> all = desk_.presets();
  ASSERT_GT(all.size(), 3U);
  desk_.step(1);
  EXPECT_EQ(desk_.preset().name, all.front().name);
  desk_.step(-1);
  EXPECT_EQ(desk_.preset().name, all.back().name);
  desk_.load_number(2);
  EXPECT_EQ(desk_.preset().name, all[2].name);
  EXPECT_NE(message_of([&] { desk_.load_number(1000); }), "");
}

TEST_F(DeskTest, BackspaceAfterUndoIsThePresetThatIsPlayed) {
  desk_.load("smoke");
  desk_.set("gain", "2");
  desk_.load("marble");
  desk_.undo();
  EXPECT_EQ(desk_.preset().values.number("gain"), 2);
  desk_.reset_all();
  EXPECT_EQ(desk_.preset().name, "smoke");
  EXPECT_EQ(desk_.preset().values.number("gain"), 1.2);
  EXPECT_FALSE(desk_.changed());
}

TEST_F(DeskTest, WhatIsGoneIsPassedOver) {
  desk_.save("aaa");
  desk_.step(1);
  std::filesystem::remove(own_preset_folder() / "aaa.toml");
  const std::string first = desk_.preset().name;
  desk_.step(-1);
  EXPECT_EQ(desk_.preset().name, desk_.presets()[desk_.presets().size() - 2].name);
  desk_.randomize();
  desk_.step(1);
  EXPECT_EQ(desk_.preset().name, first);
}

TEST_F(DeskTest, SavedPresetsFindTheirFiles) {
  folder_.write("show/m.png", "x");
  const auto file =
      folder_.write("show/mine.toml", "[[map]]\nparameter = \"gain\"\npicture = \"m.png\"\ndepth = 1\n");
  desk_.load(file.string());
  desk_.save("moved");
  const Preset moved = load_preset("moved");
  EXPECT_TRUE(std::filesystem::equivalent(find_asset(moved, moved.maps.at(0).picture),
                                          folder_.path() / "show/m.png"));
  desk_.load("first-light");
  desk_.save("own-light");
  EXPECT_EQ(load_preset("own-light").values.text("palette"), "kandinsky");  // found from anywhere as it is
}

TEST_F(DeskTest, ResetTakesTheLoadedValueAndItsModulations) {
  desk_.load("first-light");
  const size_t lfos = desk_.preset().lfos.size();
  desk_.set("advect", "3");
  desk_.change(
      "", [](Preset& p) { p.lfos.clear(); }, 0);
  desk_.reset("advect_channel");
  EXPECT_EQ(desk_.preset().lfos.size(), lfos);
  const auto hear = [](Preset& p) {
    p.followers.push_back({.parameter = "hue"});
    p.maps.push_back({"hue", "radial", 1, false});
  };
  desk_.change("", hear, 0);
  desk_.reset("hue");
  EXPECT_TRUE(desk_.preset().followers.empty());
  EXPECT_TRUE(desk_.preset().maps.empty());
  EXPECT_EQ(desk_.preset().values.number("advect"), 3);
  desk_.reset_all();
  EXPECT_EQ(desk_.preset().values.number("advect"), 1.5);
}

TEST_F(DeskTest, TwoHandsAtOnceBothGetTheirTurn) {
  constexpr int kTurns = 400;
  std::thread other([&] {
    for (int i = 1; i <= kTurns; ++i) desk_.set("hue", std::to_string(i % 100));
  });
  for (int i = 0; i < kTurns; ++i)
    desk_.change(
        "", [](Preset& p) { p.values.set("gain", p.values.number("gain") + 0.01); }, 0);
  for (int i = 0; i < kTurns; ++i) desk_.cycle("advect_level");
  other.join();
  EXPECT_NEAR(desk_.preset().values.number("gain"), 1.333 + 0.01 * kTurns, 1e-9);
  EXPECT_EQ(desk_.preset().values.number("hue"), kTurns % 100);
  EXPECT_EQ(desk_.preset().values.integer("advect_level"), (2 + kTurns) % 7);
}

TEST_F(DeskTest, PartsComeGoMoveAndCanBeUndone) {
  desk_.add_part("smoke");
  EXPECT_EQ(last<AddPart>().part.name, "feedback-2");
  EXPECT_EQ(last<AddPart>().part.seed, part_seed(1, "feedback-2"));
  desk_.set("feedback-2.gain", "2");
  EXPECT_EQ(last<SetParameter>().part, "feedback-2");
  EXPECT_EQ(desk_.preset("feedback-2").values.number("gain"), 2);
  EXPECT_EQ(desk_.preset().values.number("gain"), 1.333);
  desk_.bypass("feedback-2", true);
  EXPECT_TRUE(last<ChangePreset>().preset.values.flag("bypass"));
  desk_.move_part("feedback-2", 0);
  EXPECT_EQ(last<MovePart>().place, 0);
  EXPECT_EQ(desk_.chain().parts.at(0).name, "feedback-2");
  desk_.undo();
  EXPECT_EQ(std::get<MovePart>(events_.back()).place, 0);
  EXPECT_EQ(desk_.chain().parts.at(1).name, "feedback-2");
  desk_.remove_part("feedback-2");
  EXPECT_EQ(desk_.chain().parts.size(), 1U);
  EXPECT_NE(message_of([&] { desk_.remove_part("feedback"); }).find("the only part"), std::string::npos);
  desk_.undo();
  EXPECT_EQ(last<AddPart>().part.preset.values.number("gain"), 2);
  desk_.save("two");
  EXPECT_EQ(load_chain(std::string("two")).part("feedback-2").preset.values.number("gain"), 2);
  desk_.load("first-light");  // a plain preset again
  EXPECT_EQ(last<ChangeChain>().chain.parts.size(), 1U);
  desk_.load("two");
  EXPECT_EQ(last<ChangeChain>().chain.part("feedback-2").preset.values.number("gain"), 2);
  EXPECT_NE(message_of([&] { desk_.set("feedback-3.gain", "2"); }), "");
}

TEST_F(DeskTest, LocksAndResetAreOfAPart) {
  desk_.add_part("smoke");
  desk_.lock("feedback-2.hue", true);
  EXPECT_TRUE(desk_.locked("feedback-2.hue"));
  EXPECT_FALSE(desk_.locked("hue"));
  const Preset before = desk_.preset();
  desk_.randomize(0.05, "feedback-2");
  EXPECT_EQ(format_preset(desk_.preset()), format_preset(before));
  EXPECT_EQ(desk_.preset("feedback-2").values.list("hue"), load_preset("smoke").values.list("hue"));
}

TEST_F(DeskTest, BlackoutAndFreezeAreEvents) {
  desk_.blackout(true);
  EXPECT_TRUE(last<Blackout>().on);
  EXPECT_TRUE(desk_.is_black());
  desk_.freeze(true);
  EXPECT_TRUE(last<Freeze>().on);
}

TEST_F(DeskTest, NewWeightsAreAnotherSeed) {
  desk_.new_weights();
  const uint64_t first = last<ChangePreset>().seed;
  desk_.new_weights();
  EXPECT_NE(last<ChangePreset>().seed, first);
  desk_.set("weights_seed", "7");  // kept, until new ones are wanted
  desk_.new_weights();
  EXPECT_EQ(last<ChangePreset>().preset.values.integer("weights_seed"), 0);
  desk_.new_noise();
  EXPECT_NE(last<NewNoise>().seed, 0U);
}

}  // namespace
}  // namespace reverie
