// Learning: whatever a control sends, its parameter follows it and never jumps.

#include <cmath>
#include <optional>

#include "devices/device_test_help.h"
#include "devices/midi_simulated_control.h"

namespace reverie {
namespace {

using Bytes = std::vector<uint8_t>;

constexpr double kNear = 2.0 / 127;  // of soft takeover

class MidiLearning : public DeskFixture {
 protected:
  void send(const Bytes& bytes) { midi_->receive(bytes, 0); }
  void control(int number, int value, int channel = 0) {
    send({static_cast<uint8_t>(0xb0 | channel), static_cast<uint8_t>(number), static_cast<uint8_t>(value)});
  }
  void learn(const std::string& parameter) { midi_->learn(MidiTarget{parameter, -1}); }

  // Moves the control of a parameter, which must not move by more, nor another one at all.
  void move(SimulatedControl& c, int steps, const std::string& parameter = "gain") {
    const std::string other = parameter == "gain" ? "zoom" : "gain";
    const double before = desk_.share(parameter), other_before = desk_.share(other);
    send(c.move(steps));
    const double change = desk_.share(parameter) - before;
    EXPECT_LE(std::abs(change), c.moved + (c.is_encoder() ? 0 : kNear) + 1e-9)
        << steps << " of " << parameter;
    EXPECT_FALSE(c.is_encoder() && change * steps < -1e-6) << steps << " of " << parameter;
    EXPECT_EQ(desk_.share(other), other_before);
  }

  // Learns it and turns it both ways.
  void follows(SimulatedControl c, const std::string& parameter = "gain") {
    desk_.set_share(parameter, -1, 0.5);
    learn(parameter);
    if (c.is_encoder()) {
      for (const int steps : {1, 1, 1, -1, -1, -1}) move(c, steps, parameter);
    } else {
      for (int i = 0; i < 8; ++i) move(c, c.last() / 127, parameter);
    }
    turns(c, parameter);
  }

  // ... after it was learned.
  void turns(SimulatedControl& c, const std::string& parameter = "gain") {
    if (c.is_encoder()) {
      const double before = desk_.share(parameter);
      for (const int steps : {5, 10, -7, -1, 31, -30}) move(c, steps, parameter);
      EXPECT_NEAR(desk_.share(parameter), before + 8 / 127.0, 1e-6);
      for (int i = 0; i < 20; ++i) move(c, -20, parameter);
      EXPECT_EQ(desk_.share(parameter), 0);
      move(c, 3, parameter);
      EXPECT_NEAR(desk_.share(parameter), 3 / 127.0, 1e-6);
      return;
    }
    // past what it moves, in steps that are odd in both halves
    while (c.position < c.last()) move(c, std::min(c.last() / 50 + 1, c.last() - c.position), parameter);
    EXPECT_EQ(desk_.share(parameter), 1);
    for (const int steps : {c.last() / 3, c.last() / 127, 1, -1, c.last() / 127}) {
      move(c, -steps, parameter);
      EXPECT_NEAR(desk_.share(parameter), c.position / static_cast<double>(c.last()), 1e-6);
    }
    while (c.position > 0) move(c, -std::min(c.last() / 40 + 1, c.position), parameter);
    EXPECT_EQ(desk_.share(parameter), 0);
  }

  std::optional<MidiController> midi_{std::in_place, desk_, DeviceActions(), MidiMap()};
};

TEST_F(MidiLearning, SevenBits) {
  for (const int number : {0, 16, 35, 70, 119}) follows({Scheme::kControl, 0, number, 20});
}

TEST_F(MidiLearning, MsbFirst) {
  follows({Scheme::kMsbFirst, 0, 3, 1000});
}

TEST_F(MidiLearning, LsbFirst) {
  follows({Scheme::kLsbFirst, 0, 3, 1000});
  EXPECT_EQ(midi_->map().bindings.size(), 1U);
}

TEST_F(MidiLearning, TwosComplement) {
  follows({Scheme::kTwosComplement});
}

TEST_F(MidiLearning, BinaryOffset) {
  follows({Scheme::kOffset});
}

TEST_F(MidiLearning, SignMagnitude) {
  follows({Scheme::kSignMagnitude});
}

// Its 65 is the step up of a binary offset: nothing moves before this is known.
TEST_F(MidiLearning, EncodersThatAreTurnedDownFirst) {
  for (const Scheme scheme : {Scheme::kTwosComplement, Scheme::kOffset, Scheme::kSignMagnitude}) {
    SimulatedControl c{scheme};
    desk_.set_share("gain", -1, 0.5);
    learn("gain");
    for (const int steps : {-1, -1, -1, -4, 1}) move(c, steps);
    turns(c);
  }
}

TEST_F(MidiLearning, EncodersThatWereTurnedOneWayOnly) {
  for (const Scheme scheme : {Scheme::kTwosComplement, Scheme::kSignMagnitude}) {
    SimulatedControl c{scheme};
    desk_.set_share("gain", -1, 0.5);
    learn("gain");
    for (int i = 0; i < 20; ++i) move(c, 1);
    EXPECT_GT(desk_.share("gain"), 0.6);
    turns(c);
  }
}

TEST_F(MidiLearning, Nrpn) {
  for (const bool swapped : {false, true}) {
    SimulatedControl c{Scheme::kNrpn, 0, 300, 20};
    c.swapped = swapped;
    follows(c);
    EXPECT_EQ(midi_->map().bindings.size(), 1U);
  }
}

TEST_F(MidiLearning, NrpnMsbFirst) {
  follows({Scheme::kNrpnMsbFirst, 0, 300, 1000});
}

TEST_F(MidiLearning, NrpnLsbFirst) {
  follows({Scheme::kNrpnLsbFirst, 0, 300, 1000});
}

TEST_F(MidiLearning, NrpnOfEncoders) {
  for (const Scheme scheme : {Scheme::kNrpnTwosComplement, Scheme::kNrpnOffset, Scheme::kNrpnSignMagnitude})
    follows({scheme, 0, 300});
}

TEST_F(MidiLearning, NrpnIncrements) {
  follows({Scheme::kNrpnIncrement, 0, 300});
}

TEST_F(MidiLearning, Rpn) {
  for (const Scheme scheme : {Scheme::kNrpn, Scheme::kNrpnMsbFirst, Scheme::kNrpnIncrement}) {
    SimulatedControl c{scheme, 0, 2, 20};
    c.rpn = c.null = true;
    follows(c);
  }
}

TEST_F(MidiLearning, PitchBendAndAftertouch) {
  follows({Scheme::kBend, 0, 0, 1000});
  follows({Scheme::kAftertouch, 0, 0, 20});
}

TEST_F(MidiLearning, ControlAndBendAtOnce) {
  for (const bool swapped : {false, true}) {
    SimulatedControl c{Scheme::kControlAndBend, 0, 16, 20};
    c.swapped = swapped;
    follows(c);
  }
}

constexpr double kNotch = 1.0 / 127;  // at the default, where one may end

// Interleaved, and neither takes the other's binding.
TEST_F(MidiLearning, TwoNrpnKnobs) {
  for (const Scheme scheme : {Scheme::kNrpn, Scheme::kNrpnMsbFirst, Scheme::kNrpnLsbFirst}) {
    SimulatedControl a{scheme, 0, 300}, b{scheme, 0, 301};
    const int step = a.last() / 20;
    for (const char* parameter : {"gain", "zoom"}) desk_.set_share(parameter, -1, 0.25);  // to be passed
    for (const bool first : {true, false}) {
      learn(first ? "gain" : "zoom");
      for (int i = 0; i < 10; ++i) move(first ? a : b, step, first ? "gain" : "zoom");
    }
    EXPECT_EQ(midi_->map().bindings.size(), 2U);
    for (int i = 0; i < 10; ++i) {
      move(a, step, "gain");
      move(b, -step, "zoom");
    }
    EXPECT_NEAR(desk_.share("gain"), a.position / static_cast<double>(a.last()), kNotch);
    EXPECT_NEAR(desk_.share("zoom"), b.position / static_cast<double>(b.last()), kNotch);
  }
}

TEST_F(MidiLearning, ANumberIsSelectedOnItsChannelOnly) {
  learn("gain");
  for (const int value : {0, 40, 80, 127}) {
    control(99, 2, 0), control(99, 2, 1);
    control(98, 5, 0), control(98, 6, 1);
    control(6, value, 0), control(6, 127 - value, 1);
  }
  EXPECT_EQ(desk_.share("gain"), 1);
  learn("zoom");
  for (const int value : {0, 40, 80, 127}) control(6, value, 1);
  EXPECT_EQ(desk_.share("gain"), 1);
  EXPECT_EQ(desk_.share("zoom"), 1);
}

TEST_F(MidiLearning, ANumberMayBeSelectedOnce) {
  control(99, 2), control(98, 5);
  learn("gain");
  for (const int value : {0, 40, 80, 127}) control(6, value);
  EXPECT_EQ(desk_.share("gain"), 1);
  control(98, 6);
  control(6, 0);  // of another parameter
  EXPECT_EQ(desk_.share("gain"), 1);
  control(98, 5);
  control(6, 0);
  EXPECT_EQ(desk_.share("gain"), 0);
}

TEST_F(MidiLearning, AnUnchangedMsbOfNrpnMayBeLeftOut) {
  desk_.set_share("gain", -1, 0.75);
  learn("gain");
  control(99, 2), control(98, 5);
  for (const int msb : {0, 64, 127}) {
    control(6, msb), control(38, 0);
    control(38, 64), control(38, 127);
  }
  EXPECT_EQ(desk_.share("gain"), 1);
  control(38, 0);
  EXPECT_NEAR(desk_.share("gain"), (127 << 7) / 16383.0, 1e-6);
  control(97, 100);  // it is no increment
  EXPECT_NEAR(desk_.share("gain"), (127 << 7) / 16383.0, 1e-6);
}

TEST_F(MidiLearning, NoParameterIsSelectedAfterNull) {
  for (const int msb : {99, 101}) {
    learn("gain");
    for (const int value : {0, 40, 80, 127})
      control(msb, 0), control(msb - 1, 1), control(6, value), control(msb, 127), control(msb - 1, 127);
    learn("zoom");
    for (const int value : {0, 40, 80, 127}) control(6, value);  // a plain knob
    EXPECT_EQ(midi_->map().bindings.size(), 2U);
    EXPECT_EQ(desk_.share("gain"), 1);
    EXPECT_EQ(desk_.share("zoom"), 1);
    control(6, 0);
    EXPECT_EQ(desk_.share("gain"), 1);
    EXPECT_EQ(desk_.share("zoom"), 0);
    control(msb, 0), control(msb - 1, 1), control(6, 64), control(msb, 127), control(msb - 1, 127);
    EXPECT_NEAR(desk_.share("gain"), 64 / 127.0, 1e-6);
    EXPECT_EQ(desk_.share("zoom"), 0);
  }
}

// Some controllers number their knobs throughout, and these among them.
TEST_F(MidiLearning, KnobsOnTheNumbersOfNrpn) {
  for (const int number : {6, 38, 96, 97, 98, 99, 100, 101}) follows({Scheme::kControl, 0, number, 20});
  for (const int number : {6, 38, 96, 97, 98, 99, 100, 101}) follows({Scheme::kSignMagnitude, 0, number});
}

TEST_F(MidiLearning, ControlsOf7BitsThatAre32Apart) {
  SimulatedControl fader{Scheme::kControl, 0, 0}, button{Scheme::kControl, 0, 32};
  desk_.set_share("gain", -1, 0.5);
  learn("gain");
  for (int i = 0; i < 10; ++i) move(fader, 12);
  learn("zoom");
  for (const int steps : {127, -127, 127}) move(button, steps, "zoom");
  EXPECT_EQ(midi_->map().bindings.size(), 2U);
  for (const int steps : {-12, -12, 5}) {
    move(fader, steps);
    move(button, button.position > 0 ? -127 : 127, "zoom");
    EXPECT_NEAR(desk_.share("gain"), fader.position / 127.0, 1e-6);
  }
}

// As maps of earlier versions have it: the lower half of a fader on its own.
TEST_F(MidiLearning, AHalfThatWasBoundAloneIsFreed) {
  MidiMap map;
  map.bindings = {{MidiControlKind::kControl, 0, 35, "zoom", -1}};
  desk_.set_share("zoom", -1, 1);
  midi_.emplace(desk_, DeviceActions(), map);
  follows({Scheme::kMsbFirst, 0, 3, 1000});
}

TEST_F(MidiLearning, ALowerHalfIsNothingBeforeItsUpperOneCame) {
  MidiMap map;
  map.bindings = {{MidiControlKind::kFine, 0, 3, "gain", -1}};
  midi_.emplace(desk_, DeviceActions(), map);
  desk_.set_share("gain", -1, 0);
  control(35, 127);
  EXPECT_EQ(desk_.share("gain"), 0);
  control(3, 100), control(35, 127);
  EXPECT_EQ(desk_.share("gain"), 0);
}

TEST_F(MidiLearning, GoesOnAfterTheMapWasSavedAndRead) {
  for (const Scheme scheme : {Scheme::kControl, Scheme::kMsbFirst, Scheme::kLsbFirst, Scheme::kTwosComplement,
                              Scheme::kOffset, Scheme::kSignMagnitude, Scheme::kNrpn, Scheme::kNrpnMsbFirst,
                              Scheme::kNrpnLsbFirst, Scheme::kNrpnIncrement, Scheme::kBend}) {
    for (const int heard : {1, 2, 3, 6}) {
      SCOPED_TRACE(testing::Message() << static_cast<int>(scheme) << " after " << heard);
      SimulatedControl c{scheme, 0, 16};
      desk_.set_share("gain", -1, 0.5);
      learn("gain");
      for (int i = 0; i < heard; ++i) move(c, c.is_encoder() ? 1 : c.last() / 20);
      const MidiMap map = parse_midi_map(format_midi_map(midi_->map()), "again.toml");
      EXPECT_EQ(map, midi_->map());
      midi_.emplace(desk_, DeviceActions(), map);
      for (int i = 0; i < 3; ++i) move(c, c.is_encoder() ? 1 : c.last() / 20);
      for (int i = 0; i < 3; ++i) move(c, c.is_encoder() ? -1 : c.last() / 20);
      turns(c);
    }
  }
}

// It was learned as two's complement, whichever it was.
TEST_F(MidiLearning, RelativeInOldMapsIsEither) {
  for (const Scheme scheme : {Scheme::kTwosComplement, Scheme::kSignMagnitude}) {
    const std::string text =
        "[[control]]\nparameter = \"gain\"\nkind = \"relative\"\nchannel = 1\nnumber = 16\n";
    midi_.emplace(desk_, DeviceActions(), parse_midi_map(text, "old.toml"));
    desk_.set_share("gain", -1, 0.5);
    SimulatedControl c{scheme, 0, 16};
    turns(c);
  }
}

// Otherwise a knob would be dead, or an encoder run away.
TEST_F(MidiLearning, KnobsOfFewValuesAreKnobs) {
  learn("squash");
  for (int i = 0; i < 8; ++i) control(70, i % 2 ? 1 : 2), control(70, 3);
  control(70, 127);
  EXPECT_EQ(value("squash"), 5);
}

}  // namespace
}  // namespace reverie
