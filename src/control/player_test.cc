#include "control/player.h"

#include <gtest/gtest.h>

#include <chrono>
#include <thread>

#include "core/error.h"
#include "core/test_help.h"

namespace reverie {
namespace {

constexpr double kFps = 30;

Planes no_picture(const std::filesystem::path& /*path*/) {
  return Planes(3, 4, 4, 0.5F);
}

Preset small_preset() {
  Preset p;
  p.values.set("levels", 1);
  p.values.set("channels", std::vector<double>{3, 4});
  p.values.set("self", 0.5);
  return p;
}

// A player at its frames.
struct Played {
  explicit Played(const Preset& preset = small_preset(), uint64_t seed = 1)
      : player({24, 16, 1, "reference", no_picture}, preset, seed) {}

  Planes next() {
    Planes out;
    Told told;
    player.process({{frame, static_cast<double>(frame) / kFps}}, {}, out, told);
    ++frame;
    return out;
  }
  Planes after(int frames) {
    Planes out;
    for (int i = 0; i < frames; ++i) out = next();
    return out;
  }

  Player player;
  int64_t frame = 0;
};

TEST(Player, AKnobActsOnTheNextFrame) {
  Played a;
  Played b;
  EXPECT_EQ(a.after(3).data(), b.after(3).data());
  b.player.apply(SetParameter{"gain", "2.5"});
  EXPECT_NE(a.next().data(), b.next().data());
  EXPECT_EQ(b.player.values().number("gain", 1), 2.5);
  EXPECT_EQ(b.player.preset().values.number("gain", 1), 2.5);
}

TEST(Player, AWrongValueIsAnErrorAndTheSetGoesOn) {
  Played a;
  Played b;
  a.next(), b.next();
  EXPECT_NE(message_of([&] { b.player.apply(SetParameter{"gain", "99999"}); }), "");
  EXPECT_NE(message_of([&] { b.player.apply(SetParameter{"gian", "1"}); }), "");
  EXPECT_EQ(a.next().data(), b.next().data());
}

TEST(Player, APresetOfTheSameStructureGoesOverValueByValue) {
  Preset other = small_preset();
  other.values.set("gain", 3);
  Played p;
  p.after(2);
  p.player.apply(ChangePreset{other, 1, 1.0});
  EXPECT_FALSE(p.player.process_is_ready());
  p.next();
  EXPECT_DOUBLE_EQ(p.player.values().number("gain"), 1.333);
  p.after(15);  // the middle of a second
  EXPECT_NEAR(p.player.values().number("gain"), (1.333 + 3) / 2, 1e-9);
  p.after(16);
  EXPECT_DOUBLE_EQ(p.player.values().number("gain"), 3);
  EXPECT_FALSE(p.player.fading());
}

TEST(Player, AnotherStructureIsMadeBesideAndFadesIn) {
  Preset other = small_preset();
  other.values.set("channels", std::vector<double>{3, 6});
  const auto play = [&](int wait) {
    Played p;
    p.after(2);
    p.player.apply(ChangePreset{other, 1, 0.5});
    EXPECT_EQ(p.player.preset().values.list("channels"), other.values.list("channels"));
    p.after(wait);
    p.player.apply(BeginProcess{});
    EXPECT_TRUE(p.player.fading());
    const Planes middle = p.after(8);
    EXPECT_TRUE(p.player.fading());
    p.after(10);
    EXPECT_FALSE(p.player.fading());
    return std::pair(middle, p.next());
  };
  // whenever the process was ready, a replay that begins at the same frame makes the same pictures
  EXPECT_EQ(play(3).second.data(), play(3).second.data());
  EXPECT_EQ(play(3).first.data(), play(3).first.data());
  EXPECT_NE(play(3).first.data(), play(4).first.data());
}

TEST(Player, AProcessThatIsNoLongerWantedNeverBegins) {
  Preset other = small_preset();
  other.values.set("channels", std::vector<double>{3, 6});
  Played a;
  Played b;
  a.after(2), b.after(2);
  b.player.apply(ChangePreset{other, 1, 0.5});
  a.next(), b.next();
  b.player.apply(ChangePreset{small_preset(), 1, 0});
  b.player.apply(BeginProcess{});
  EXPECT_FALSE(b.player.fading());
  EXPECT_EQ(a.after(3).data(), b.after(3).data());
}

TEST(Player, AChangeWithinAFadeGoesOnFromWhatIsShown) {
  Played p;
  Planes last = p.after(3);
  for (const double channels : {6.0, 5.0, 7.0}) {
    Preset other = small_preset();
    other.values.set("channels", std::vector<double>{3, channels});
    p.player.apply(ChangePreset{other, 1, 2});
    last = p.next();  // it is being made
    p.player.apply(BeginProcess{});
    const Planes now = p.next();
    EXPECT_LT(mean_absolute_difference(last, now), 0.01);
    p.after(5);
  }
}

TEST(Player, WhatCannotBeMadeLeavesWhatThereWas) {
  Preset broken = small_preset();
  broken.values.set_text("weights", "nowhere.safetensors");
  Played a;
  Played b;
  a.after(2), b.after(2);
  b.player.apply(ChangePreset{broken, 1, 0.5});
  a.next(), b.next();
  while (!b.player.process_is_ready()) std::this_thread::sleep_for(std::chrono::milliseconds(1));
  EXPECT_NE(message_of([&] { b.player.apply(BeginProcess{}); }).find("nowhere"), std::string::npos);
  EXPECT_EQ(b.player.preset().values.text("weights"), "normal");
  EXPECT_EQ(a.after(3).data(), b.after(3).data());
}

TEST(Player, APresetWhoseMapIsGoneLeavesWhatThereWas) {
  Preset broken = small_preset();
  broken.maps.push_back({"gain", "gone.png", 0.5, false});
  Played a;
  Played b;
  a.after(2), b.after(2);
  EXPECT_NE(message_of([&] {
              b.player.apply(ChangePreset{broken, 1, 0});
            }).find("gone.png"),
            std::string::npos);
  EXPECT_TRUE(b.player.preset().maps.empty());
  EXPECT_EQ(a.after(3).data(), b.after(3).data());
}

TEST(Player, WhatIsRefusedLeavesTheProcessOnItsWay) {
  Preset other = small_preset();
  other.values.set("channels", std::vector<double>{3, 6});
  Preset broken = small_preset();
  broken.maps.push_back({"gain", "gone.png", 0.5, false});
  Played p;
  p.after(2);
  p.player.apply(ChangePreset{other, 1, 0.5});
  p.next();
  EXPECT_NE(message_of([&] { p.player.apply(ChangePreset{broken, 1, 0}); }), "");
  EXPECT_EQ(p.player.preset().values.list("channels"), other.values.list("channels"));
  p.player.apply(BeginProcess{});
  EXPECT_TRUE(p.player.fading());
}

TEST(Player, NewNoiseStartsTheStateAnew) {
  Played a;
  Played b;
  a.after(3), b.after(3);
  b.player.apply(NewNoise{7});
  EXPECT_GT(mean_absolute_difference(a.next(), b.next()), 0.01);
}

TEST(Player, AKnobOfTheStructureMakesANewProcess) {
  Played p;
  p.after(2);
  p.player.apply(SetParameter{"levels", "2"});
  p.next();
  p.player.apply(BeginProcess{});
  EXPECT_TRUE(p.player.fading());
  p.after(40);
  EXPECT_EQ(p.player.preset().values.integer("levels"), 2);
}

TEST(Between, NumbersGoOverAndWordsChangeInTheMiddle) {
  Preset a;
  Preset b;
  a.values.set("gain", std::vector<double>{1, 2});
  b.values.set("gain", 4);
  b.values.set_text("squash", "sin");
  const ParameterValues early = between(a.values, b.values, 0.25);
  EXPECT_EQ(early.list("gain"), (std::vector<double>{1.75, 2.5}));
  EXPECT_EQ(early.integer("squash"), 0);
  EXPECT_EQ(between(a.values, b.values, 0.75).integer("squash"), 1);
}

}  // namespace
}  // namespace reverie
