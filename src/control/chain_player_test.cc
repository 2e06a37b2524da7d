#include "control/chain_player.h"

#include <gtest/gtest.h>

#include <thread>

#include "core/error.h"
#include "core/test_help.h"

namespace reverie {
namespace {

constexpr double kFps = 10;
constexpr int kWidth = 24, kHeight = 16;

Preset small_preset(double self = 0.5) {
  Preset p;
  p.values.set("levels", 1);
  p.values.set("channels", std::vector<double>{3, 4});
  p.values.set("self", self);
  p.values.set("input", 0.4);
  return p;
}

Chain chain_of(std::vector<Preset> presets) {
  Chain chain = std::move(presets.front());
  for (size_t i = 1; i < presets.size(); ++i) append(chain, std::move(presets[i]));
  draw_seeds(chain, 1);
  return chain;
}

Planes ramp() {
  Planes p(3, kHeight, kWidth);
  for (size_t i = 0; i < p.data().size(); ++i) p.data()[i] = static_cast<float>(i % 97) / 97;
  return p;
}

struct Played {
  explicit Played(const Chain& chain, bool fed = true)
      : player({kWidth, kHeight, 1, "reference", nullptr}, chain), input(fed ? ramp() : Planes()) {}

  Planes next() {
    Planes out;
    const auto run = [&](const std::string& part, const std::function<void()>& work, const Planes&) {
      if (part != without) work();
    };
    Frame f = {{frame, static_cast<double>(frame) / kFps}, input.empty() ? nullptr : &input};
    shows = player.process(f, out, run);
    ++frame;
    return out;
  }
  Planes after(int frames) {
    Planes out;
    for (int i = 0; i < frames; ++i) out = next();
    return out;
  }
  // Waits for what is being made, and begins it.
  void begin() {
    next();
    while (player.ready().empty()) std::this_thread::yield();
    for (const Event& e : player.ready()) player.apply(e);
  }

  ChainPlayer player;
  Planes input;
  std::string without;
  bool shows = true;
  int64_t frame = 0;
};

TEST(ChainPlayer, EveryPartSeesThePictureOfTheOneBefore) {
  Played both(chain_of({small_preset(), small_preset(0.2)}));
  Played first(chain_of({small_preset()}));
  Chain second = chain_of({small_preset(), small_preset(0.2)});
  second.parts.erase(second.parts.begin());
  Played then(second);
  for (int i = 0; i < 5; ++i) {
    then.input = first.next();
    EXPECT_EQ(both.next().data(), then.next().data()) << i;
  }
}

TEST(ChainPlayer, MixGoesFromWhatComesInToThePicture) {
  Preset half = small_preset();
  half.values.set("mix", 0.25);
  Played mixed(chain_of({half}));
  Played whole(chain_of({small_preset()}));
  for (int i = 0; i < 3; ++i) {
    const Planes a = mixed.next();
    const Planes b = whole.next();
    for (size_t k = 0; k < a.data().size(); k += 7)
      EXPECT_NEAR(a.data()[k], 0.25F * b.data()[k] + 0.75F * mixed.input.data()[k], 1e-6);
  }
  half.values.set("mix", 0);
  Played none(chain_of({half}));
  EXPECT_LT(mean_absolute_difference(none.next(), none.input), 1e-7);
  half.values.set("mix", 0.5);  // without a picture coming in, it is black that shows through
  Played dark(chain_of({half}), false);
  Played bright(chain_of({small_preset()}), false);
  EXPECT_NEAR(dark.next().data()[5], 0.5F * bright.next().data()[5], 1e-6);
}

TEST(ChainPlayer, ABypassedPartLetsThePictureThroughAndStandsStill) {
  Preset off = small_preset();
  off.values.set("bypass", 1);
  Played a(chain_of({off}));
  EXPECT_EQ(a.after(3).data(), a.input.data());
  Played alone(chain_of({off}), false);
  EXPECT_EQ(alone.next().data(), Planes(3, kHeight, kWidth).data());
  EXPECT_FALSE(alone.shows);

  Played live(chain_of({small_preset()}));
  const Planes before = live.after(5);
  ChangePreset event = {live.player.chain().parts[0].preset, 1, 0.5};
  event.preset.values.set("bypass", 1);
  live.player.apply(event);
  Planes last = before;
  for (int i = 0; i < 8; ++i) {  // it fades: no frame jumps
    const Planes now = live.next();
    EXPECT_LT(mean_absolute_difference(now, last), 0.25) << i;
    last = now;
  }
  EXPECT_EQ(last.data(), live.input.data());
}

TEST(ChainPlayer, APartComesAndGoes) {
  Played a(chain_of({small_preset()}));
  Played same(chain_of({small_preset()}));
  a.after(3);
  a.player.apply(AddPart{{"glass", small_preset(0.1), 5}, 1, 0.5});
  EXPECT_EQ(a.player.chain().part_names(), (std::vector<std::string>{"feedback", "glass"}));
  a.begin();
  same.after(4);
  EXPECT_LT(mean_absolute_difference(a.next(), same.next()), 1e-6);  // it begins to fade in
  a.after(6);
  same.after(6);
  EXPECT_GT(mean_absolute_difference(a.next(), same.next()), 0.001);
  a.player.apply(RemovePart{"glass", 0.5});
  EXPECT_EQ(a.player.chain().part_names(), (std::vector<std::string>{"feedback"}));
  a.after(7);
  same.after(7);
  EXPECT_EQ(a.next().data(), same.next().data());
  EXPECT_NE(message_of([&] {
              a.player.apply(RemovePart{"feedback", 0});
            }).find("the only part"),
            std::string::npos);
}

TEST(ChainPlayer, APartThatIsMovedFadesOutAndInAgain) {
  Played a(chain_of({small_preset(), small_preset(0.1)}));
  a.after(3);
  a.player.apply(MovePart{"feedback-2", 0, 1});
  EXPECT_EQ(a.player.chain().part_names(), (std::vector<std::string>{"feedback-2", "feedback"}));
  Planes last = a.next();
  for (int i = 0; i < 14; ++i) {
    const Planes now = a.next();
    EXPECT_LT(mean_absolute_difference(now, last), 0.2) << i;
    last = now;
  }
  EXPECT_EQ(a.player.values().at(0).first, "feedback-2");
  EXPECT_NE(message_of([&] { a.player.apply(MovePart{"nope", 0, 1}); }), "");
}

TEST(ChainPlayer, AnotherChainFadesInWhenItIsReady) {
  Played a(chain_of({small_preset()}));
  a.after(3);
  a.player.apply(ChangeChain{chain_of({small_preset(0.1), small_preset(0.3)}), 0.5});
  EXPECT_EQ(a.player.chain().parts.size(), 2U);
  a.player.apply(SetParameter{"gain", "2", "feedback-2"});  // of the one that is on its way
  a.begin();
  a.after(8);
  EXPECT_FALSE(a.player.fading());
  EXPECT_EQ(a.player.values().at(1).second.number("gain"), 2);
}

TEST(ChainPlayer, WhatCannotBeMadeLeavesWhatThereWas) {
  Played a(chain_of({small_preset()}));
  Played same(chain_of({small_preset()}));
  Preset bad = small_preset();
  bad.values.set_text("weights", "no-such-file.safetensors");
  a.player.apply(ChangeChain{chain_of({small_preset(), bad}), 0.5});
  a.next();
  while (a.player.ready().empty()) std::this_thread::yield();
  const Event begin = a.player.ready().at(0);
  EXPECT_NE(message_of([&] { a.player.apply(begin); }), "");
  a.player.apply(ChainPlayer::abandoning(begin));
  EXPECT_EQ(a.player.chain().parts.size(), 1U);

  a.player.apply(AddPart{{"glass", bad, 5}, 0, 0.5});
  a.next();
  while (a.player.ready().empty()) std::this_thread::yield();
  const Event begin_part = a.player.ready().at(0);
  EXPECT_NE(message_of([&] { a.player.apply(begin_part); }), "");
  a.player.apply(ChainPlayer::abandoning(begin_part));
  EXPECT_EQ(a.player.chain().part_names(), (std::vector<std::string>{"feedback"}));
  same.after(2);
  EXPECT_EQ(a.next().data(), same.next().data());
}

TEST(ChainPlayer, APartIsTakenOutByWhoRunsIt) {
  Played a(chain_of({small_preset()}));
  a.without = "feedback";
  EXPECT_EQ(a.next().data(), a.input.data());
}

TEST(ChainPlayer, BlackoutFadesAndFreezeHolds) {
  Played a(chain_of({small_preset()}));
  a.after(3);
  a.player.apply(Freeze{true});
  const Planes still = a.next();
  EXPECT_EQ(a.next().data(), still.data());
  a.player.apply(Blackout{true, 0.5});
  a.after(7);
  EXPECT_EQ(a.next().data(), Planes(3, kHeight, kWidth).data());
  a.player.apply(Blackout{false, 0});
  EXPECT_EQ(a.next().data(), still.data());
  a.player.apply(Freeze{false});
  a.next();
  EXPECT_GT(mean_absolute_difference(a.next(), still), 1e-4);
}

// Found by a soak: the chain before had no picture to fade from.
TEST(ChainPlayer, AChainBeginsWhileThePictureIsFrozen) {
  Played a(chain_of({small_preset()}));
  a.after(3);
  a.player.apply(Freeze{true});
  const Planes still = a.next();
  a.player.apply(ChangeChain{chain_of({small_preset(0.1), small_preset(0.3)}), 0.5});
  a.begin();
  EXPECT_EQ(a.next().data(), still.data());
  a.player.apply(ChangeChain{chain_of({small_preset(0.3)}), 0.5});  // the one before never played
  a.begin();
  a.player.apply(Freeze{false});
  EXPECT_LT(mean_absolute_difference(a.next(), still), 0.01);  // it fades from what is shown
  a.after(8);
  EXPECT_FALSE(a.player.fading());
}

TEST(ChainPlayer, NewNoiseIsAnotherForEveryPart) {
  Played a(chain_of({small_preset(), small_preset()}));
  a.after(2);
  const Planes before = a.next();
  a.player.apply(NewNoise{9});
  EXPECT_GT(mean_absolute_difference(a.next(), before), 0.01);
}

}  // namespace
}  // namespace reverie
