#include "devices/midi_feedback.h"

#include "devices/device_test_help.h"
#include "devices/midi_controller.h"

namespace reverie {
namespace {

using Messages = std::vector<std::vector<uint8_t>>;

class MidiFeedbackTest : public DeskFixture {
 protected:
  Messages next() { return feedback_.next(map_, desk_); }
  MidiMap map_;
  MidiFeedback feedback_;
};

TEST_F(MidiFeedbackTest, FadersFollowTheDesk) {
  map_.bindings = {{MidiControlKind::kControl, 1, 16, "feedback.gain"},
                   {MidiControlKind::kPitchBend, 2, 0, "zoom"}};
  EXPECT_EQ(next().size(), 2U) << "once, for where they stand";
  EXPECT_EQ(next(), Messages());
  desk_.set_share("gain", -1, 1);
  EXPECT_EQ(next(), (Messages{{0xb1, 16, 127}}));
  desk_.set_share("zoom", -1, 0);
  EXPECT_EQ(next(), (Messages{{0xe2, 0, 0}}));
  desk_.undo();
  EXPECT_EQ(next().size(), 1U);
}

TEST_F(MidiFeedbackTest, EachControlIsToldInItsOwnForm) {
  desk_.set_share("gain", -1, 1);
  const auto told = [&](MidiControlKind kind, int number, MidiSource source = MidiSource::kControlChange) {
    MidiFeedback fresh;
    map_.bindings = {{kind, 0, number, "gain", -1, source}};
    return fresh.next(map_, desk_);
  };
  EXPECT_EQ(told(MidiControlKind::kFine, 3), (Messages{{0xb0, 3, 127, 0xb0, 35, 127}}));
  EXPECT_EQ(told(MidiControlKind::kFineLsbFirst, 3), (Messages{{0xb0, 35, 127, 0xb0, 3, 127}}));
  EXPECT_EQ(told(MidiControlKind::kRelative, 3), (Messages{{0xb0, 3, 127}})) << "the ring of an encoder";
  EXPECT_EQ(told(MidiControlKind::kControl, 300, MidiSource::kNrpn),
            (Messages{{0xb0, 99, 2, 0xb0, 98, 44, 0xb0, 6, 127}}));
  EXPECT_EQ(told(MidiControlKind::kControl, 1, MidiSource::kRpn),
            (Messages{{0xb0, 101, 0, 0xb0, 100, 1, 0xb0, 6, 127}}));
  EXPECT_EQ(told(MidiControlKind::kAuto, 3), Messages());
  EXPECT_EQ(told(MidiControlKind::kAftertouch, 0), Messages());
}

// What a controller would send of itself, were it moved there, moves the desk to the same value.
TEST_F(MidiFeedbackTest, WhatIsSentIsWhatWouldBeHeard) {
  for (const MidiControlKind kind :
       {MidiControlKind::kControl, MidiControlKind::kFine, MidiControlKind::kPitchBend}) {
    map_.bindings = {{kind, 4, kind == MidiControlKind::kPitchBend ? 0 : 7, "zoom"}};
    MidiFeedback fresh;
    desk_.set_share("zoom", -1, 0.7);
    const Messages messages = fresh.next(map_, desk_);
    ASSERT_EQ(messages.size(), 1U);
    MidiController controller(desk_, {}, map_);
    controller.receive(messages[0], 0);
    controller.receive(messages[0], 0.1);
    EXPECT_NEAR(desk_.share("zoom"), 0.7, 0.5 / 127 + 1e-9);
  }
}

TEST_F(MidiFeedbackTest, AHandThatMovesAFaderIsNotFought) {
  map_.bindings = {{MidiControlKind::kControl, 0, 1, "gain"}};
  next();
  desk_.set_share("gain", -1, 100.0 / 127);
  feedback_.moved(map_.bindings[0], 100.0 / 127);
  EXPECT_EQ(next(), Messages());
  desk_.set_share("gain", -1, 0);
  EXPECT_EQ(next(), (Messages{{0xb0, 1, 0}})) << "another hand did that";
}

TEST_F(MidiFeedbackTest, PadsLightUp) {
  map_.notes = {{9, 36, MidiAction::kBlackout}, {9, 37, MidiAction::kNext}, {9, 38, {}, 0, "smoke", 5}};
  EXPECT_EQ(next(), (Messages{{0x99, 36, 0}, {0x99, 38, 0}}));
  desk_.blackout(true);
  desk_.load("smoke");
  EXPECT_EQ(next(), (Messages{{0x99, 36, 127}, {0x99, 38, 5}}));
  desk_.blackout(false);
  EXPECT_EQ(next(), (Messages{{0x99, 36, 0}}));
}

TEST_F(MidiFeedbackTest, APartThatIsGoneIsShownAsNothing) {
  map_.bindings = {{MidiControlKind::kControl, 0, 1, "veil-7.gain"}};
  EXPECT_EQ(next(), (Messages{{0xb0, 1, 0}}));
}

}  // namespace
}  // namespace reverie
