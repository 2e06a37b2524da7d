// The crossfader: what it mixes, what it costs, and whom the hands turn.
#include <gtest/gtest.h>

#include <cmath>
#include <cstdlib>
#include <thread>

#include "control/chain_player.h"
#include "control/desk.h"
#include "core/error.h"
#include "core/test_help.h"

namespace reverie {
namespace {

constexpr int kWidth = 8, kHeight = 6;

// Shows its brightness as a grey.
Chain grey(double brightness) {
  Preset p("grade");
  p.values.set("brightness", brightness);
  return Chain(p);
}

class Crossfaded : public testing::Test {
 protected:
  // The grey of the next frame, and in played_ the parts that worked for it.
  float next() {
    Planes out;
    played_ = 0;
    const auto run = [&](const std::string&, const std::function<void()>& work, const Planes&) {
      ++played_;
      work();
    };
    player_.process({{frame_, static_cast<double>(frame_) / 10}, &input_}, out, run);
    ++frame_;
    return out.data()[7];
  }
  float after(int frames) {
    for (int i = 1; i < frames; ++i) next();
    return next();
  }
  void begin() {
    next();
    while (player_.ready().empty()) std::this_thread::yield();
    for (const Event& e : player_.ready()) player_.apply(e);
  }
  double brightness() const { return player_.chain().parts[0].preset.values.number("brightness"); }

  ChainPlayer player_{{kWidth, kHeight, 1, "reference", nullptr}, grey(0.1)};
  Planes input_{3, kHeight, kWidth};
  int64_t frame_ = 0;
  int played_ = 0;
};

TEST_F(Crossfaded, TheFaderMixesAndAtItsEndTheyChangePlaces) {
  player_.apply(CueChain{grey(0.9)});
  begin();
  EXPECT_TRUE(player_.cued());
  EXPECT_NEAR(after(3), 0.1, 1e-6);
  player_.apply(Crossfade{0.25});
  EXPECT_NEAR(after(4), 0.1 * 0.75 + 0.9 * 0.25, 1e-5);
  EXPECT_NEAR(brightness(), 0.1, 1e-9);
  player_.apply(Crossfade{1});
  EXPECT_NEAR(brightness(), 0.9, 1e-9);
  EXPECT_NEAR(after(4), 0.9, 1e-5);
  player_.apply(Crossfade{0.5});  // and back to the first, which waits now
  EXPECT_NEAR(after(4), 0.5, 1e-5);
  player_.apply(Crossfade{1});
  EXPECT_NEAR(after(4), 0.1, 1e-5);
}

TEST_F(Crossfaded, ItGlidesFromOneFrameToTheNext) {
  player_.apply(CueChain{grey(0.9)});
  begin();
  next();
  player_.apply(Crossfade{1});
  EXPECT_NEAR(next(), 0.1, 1e-5) << "no frame jumps";
  EXPECT_NEAR(after(2), 0.9, 1e-5);
}

TEST_F(Crossfaded, WhatWaitsCostsNothingAndNoFrameCostsMore) {
  player_.apply(CueChain{grey(0.9)});
  begin();
  for (const double share : {0.0, 0.5, 1.0, 0.5}) {
    player_.apply(Crossfade{share});
    for (int i = 0; i < 6; ++i) {
      next();
      EXPECT_EQ(played_, 1) << share;
    }
  }
}

TEST_F(Crossfaded, ToWhatIsStillBeingMadeItGoesOnceThatIsThere) {
  player_.apply(CueChain{grey(0.9)});
  player_.apply(Crossfade{1});
  player_.apply(SetParameter{"brightness", "0.7"});  // of the one that comes
  begin();
  EXPECT_NEAR(after(4), 0.7, 1e-5);
  EXPECT_TRUE(player_.cued());
  player_.apply(Crossfade{1});
  EXPECT_NEAR(after(4), 0.1, 1e-5);
}

TEST_F(Crossfaded, WithNothingCuedItIsRefused) {
  EXPECT_NE(message_of([&] { player_.apply(Crossfade{0.5}); }), "");
}

class CrossfadingDesk : public testing::Test {
 protected:
  CrossfadingDesk() { setenv("XDG_CONFIG_HOME", folder_.path().c_str(), 1); }
  ~CrossfadingDesk() override { unsetenv("XDG_CONFIG_HOME"); }

  TemporaryFolder folder_;
  std::vector<Event> events_;
  Desk desk_{load_chain("smoke"), 1, [this](Event e) { events_.push_back(std::move(e)); }};
};

TEST_F(CrossfadingDesk, TheHandsTurnWhatIsAtTheFadersEnd) {
  desk_.cue("veil");
  EXPECT_EQ(std::get<CueChain>(events_.back()).chain.name(), "veil");
  desk_.set("gain", "1.5");
  desk_.set("set.crossfader", "0.5");
  EXPECT_EQ(std::get<Crossfade>(events_.back()).share, 0.5);
  EXPECT_EQ(desk_.chain().name(), "smoke");
  EXPECT_NE(message_of([&] { desk_.cue("marble"); }), "") << "it shows";
  desk_.set_share("set.crossfader", -1, 1);
  EXPECT_EQ(desk_.chain().name(), "veil");
  EXPECT_EQ(desk_.cued(), "smoke");
  EXPECT_FALSE(desk_.changed());
  EXPECT_EQ(desk_.share("set.crossfader"), 1);
  desk_.set_share("set.crossfader", -1, 0.25);
  EXPECT_EQ(std::get<Crossfade>(events_.back()).share, 0.75) << "of the way back";
  desk_.set_share("set.crossfader", -1, 0);
  EXPECT_EQ(desk_.chain().name(), "smoke");
  EXPECT_TRUE(desk_.changed());
  EXPECT_EQ(desk_.preset().values.number("gain"), 1.5);
  EXPECT_NE(message_of([&] { desk_.set("set.crossfader", "1.5"); }), "");
  EXPECT_NE(message_of([&] { desk_.set("set.cross", "1"); }), "");
}

TEST_F(CrossfadingDesk, MovedWithNothingCuedItLeadsToTheNext) {
  const auto all = desk_.presets();
  const auto at = std::find_if(all.begin(), all.end(), [](const auto& e) { return e.name == "smoke"; });
  const std::string next = (at + 1)->name, after = (at + 2)->name;
  desk_.set_share("set.crossfader", -1, 0.3);
  EXPECT_EQ(desk_.cued(), next);
  desk_.set_share("set.crossfader", -1, 1);
  EXPECT_EQ(desk_.chain().name(), next);
  desk_.cue_step(1);
  EXPECT_EQ(desk_.cued(), after);
}

}  // namespace
}  // namespace reverie
