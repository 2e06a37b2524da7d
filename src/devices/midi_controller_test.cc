#include "devices/midi_controller.h"

#include <random>

#include "devices/device_test_help.h"

namespace reverie {
namespace {

using Bytes = std::vector<uint8_t>;

std::vector<MidiMessage> parse(const Bytes& bytes) {
  MidiParser parser;
  std::vector<MidiMessage> out;
  for (const uint8_t b : bytes) {
    if (const auto m = parser.feed(b)) out.push_back(*m);
  }
  return out;
}

TEST(MidiParser, RunningStatusAndRealtimeWithin) {
  const auto m = parse({0xb1, 7, 0xf8, 100, 8, 0xfe, 50, 0x90, 60, 64});
  ASSERT_EQ(m.size(), 5U);
  EXPECT_EQ(m[0].status, kClockTick);
  EXPECT_EQ(m[1].status, kControlChange);
  EXPECT_EQ(m[1].channel, 1);
  EXPECT_EQ(m[1].data1, 7);
  EXPECT_EQ(m[1].data2, 100);
  EXPECT_EQ(m[3].data1, 8);
  EXPECT_EQ(m[3].data2, 50);
  EXPECT_EQ(m[4].status, kNoteOn);
}

TEST(MidiParser, SysexAndWhatIsCutOffAreLeftOut) {
  EXPECT_TRUE(parse({0xf0, 1, 2, 3, 0xb0, 7}).empty());
  EXPECT_TRUE(parse({1, 2, 3}).empty());
  EXPECT_EQ(parse({0xf0, 1, 2, 0xf7, 5, 6, 0xb0, 7, 1}).size(), 1U);
  EXPECT_EQ(parse({0xb0, 7, 0xb0, 7, 1}).size(), 1U);
  EXPECT_EQ(parse({0xf2, 1, 2, 3, 4}).size(), 1U);  // no running status
  EXPECT_EQ(parse({0xe0, 0, 64})[0].fine(), 8192);
  EXPECT_EQ(parse({0xd3, 9, 10}).size(), 2U);
}

class ControllerTest : public DeskFixture {
 protected:
  void send(const Bytes& bytes) { midi_.receive(bytes, 0); }
  void control(int number, int value) {
    send({0xb0, static_cast<uint8_t>(number), static_cast<uint8_t>(value)});
  }
  void bend(int value) { send({0xe0, static_cast<uint8_t>(value & 127), static_cast<uint8_t>(value >> 7)}); }
  void learn(const std::string& parameter, int level = -1) { midi_.learn(MidiTarget{parameter, level}); }
  MidiControlKind kind() const { return midi_.map().bindings.at(0).kind; }

  int recorded_ = 0, listed_ = 0;
  DeviceActions actions_{{}, [this] { ++recorded_; },           {}, {}, {}, {}, {},
                         {}, [this](int by) { listed_ += by; }, {}};
  MidiController midi_{desk_, actions_, {}};
};

TEST_F(ControllerTest, TheCrossfaderIsLearnedLikeAParameter) {
  desk_.cue("veil");
  learn("set.crossfader");
  for (const int value : {0, 1, 2, 3}) control(7, value);
  for (int value = 3; value < 64; ++value) control(7, value);
  EXPECT_NEAR(desk_.control("crossfader"), 63 / 127.0, 1e-6);
  control(7, 127);
  EXPECT_EQ(desk_.chain().name(), "veil");
  EXPECT_EQ(parse_midi_map(format_midi_map(midi_.map()), "map"), midi_.map());
}

TEST_F(ControllerTest, PadsPlayTheInput) {
  midi_.learn(MidiAction::kInputPause);
  send({0x90, 40, 100});
  EXPECT_FALSE(desk_.input_stands()) << "learning does nothing else";
  send({0x90, 40, 100});
  EXPECT_TRUE(desk_.input_stands());
  send({0x90, 40, 100});
  EXPECT_EQ(desk_.control("input_speed"), 1);
  learn("set.input_speed");
  for (int value = 0; value <= 127; ++value) control(7, value);
  EXPECT_EQ(desk_.control("input_speed"), kMostInputSpeed);
}

TEST_F(ControllerTest, PadsAndKnobsPlayInputB) {
  midi_.learn(MidiAction::kInputBPause);
  send({0x90, 40, 100});
  send({0x90, 40, 100});
  EXPECT_TRUE(desk_.input_stands(InputSide::kB));
  EXPECT_FALSE(desk_.input_stands());
  learn("set.input_fade");
  for (int value = 0; value <= 127; ++value) control(7, value);
  EXPECT_EQ(desk_.control("input_fade"), 1);
  EXPECT_EQ(parse_midi_map(format_midi_map(midi_.map()), "map"), midi_.map());
}

TEST_F(ControllerTest, PadsGoThroughTheSetlist) {
  midi_.learn(MidiAction::kSetlistNext);
  send({0x90, 40, 100});
  midi_.learn(MidiAction::kSetlistPrevious);
  send({0x90, 41, 100});
  send({0x90, 40, 100, 0x90, 40, 100, 0x90, 41, 100});
  EXPECT_EQ(listed_, 1);
  EXPECT_EQ(parse_midi_map(format_midi_map(midi_.map()), "map"), midi_.map());
}

TEST_F(ControllerTest, LearnBindsTheNextControl) {
  learn("gain");
  send({0x90, 60, 100});  // a note is no control
  EXPECT_TRUE(midi_.map().bindings.empty());
  EXPECT_TRUE(midi_.receive(Bytes{0xb2, 16, 64}, 0));
  ASSERT_EQ(midi_.map().bindings.size(), 1U);
  const MidiBinding expected{MidiControlKind::kAuto, 2, 16, "gain", -1};  // one message says little
  EXPECT_EQ(midi_.map().bindings[0], expected);
  EXPECT_TRUE(midi_.take_changed());
  EXPECT_FALSE(midi_.take_changed());
  control(17, 64);  // the learning is over
  EXPECT_EQ(midi_.map().bindings.size(), 1U);
  EXPECT_TRUE(midi_.forget("gain"));
  EXPECT_TRUE(midi_.map().bindings.empty());
  EXPECT_FALSE(midi_.forget("gain"));
}

TEST_F(ControllerTest, AControlMovesOneParameterAndAParameterHasOneControl) {
  learn("gain");
  control(16, 64);
  learn("zoom");
  control(16, 65);
  ASSERT_EQ(midi_.map().bindings.size(), 1U);
  EXPECT_EQ(midi_.map().bindings[0].parameter, "zoom");
  learn("zoom");
  control(20, 1);
  ASSERT_EQ(midi_.map().bindings.size(), 1U);
  EXPECT_EQ(midi_.map().bindings[0].number, 20);
  learn("zoom", 1);
  control(21, 1);
  EXPECT_EQ(midi_.map().bindings.size(), 2U);
}

TEST_F(ControllerTest, AbsoluteTakesOverSoftly) {
  desk_.set("home_centre", "0.5");
  learn("home_centre");
  control(16, 0);
  control(16, 20);
  control(16, 50);
  EXPECT_EQ(value("home_centre"), 0.5);
  control(16, 63);  // here they meet
  EXPECT_NEAR(value("home_centre"), 63 / 127.0, 1e-9);
  control(16, 127);
  EXPECT_EQ(value("home_centre"), 1);
  control(16, 0);
  EXPECT_EQ(value("home_centre"), 0);

  desk_.set("home_centre", "0.75");  // another hand
  control(16, 30);
  EXPECT_EQ(value("home_centre"), 0.75);
  control(16, 110);  // passed by
  EXPECT_NEAR(value("home_centre"), 110 / 127.0, 1e-9);
}

TEST_F(ControllerTest, OneLevelOnly) {
  learn("home_centre", 1);
  control(16, 127);
  control(16, 0);
  control(16, 127);
  EXPECT_EQ(value("home_centre", 1), 1);
  EXPECT_NEAR(value("home_centre", 0), 0, 1e-9);
}

TEST_F(ControllerTest, WordsAndFlagsFollowToo) {
  learn("view_mono");
  control(16, 0);
  control(16, 127);
  EXPECT_EQ(value("view_mono"), 1);
  learn("squash");
  control(17, 0);
  control(17, 127);
  EXPECT_EQ(value("squash"), 5);
  control(17, 64);
  EXPECT_EQ(value("squash"), 3);
}

TEST_F(ControllerTest, EncodersAreRecognised) {
  desk_.set("home_centre", "0.5");
  learn("home_centre");
  for (int i = 0; i < 3; ++i) control(16, 1);
  EXPECT_EQ(kind(), MidiControlKind::kRelative);
  const double before = value("home_centre");
  for (int i = 0; i < 10; ++i) control(16, 2);
  EXPECT_NEAR(value("home_centre"), before + 20 / 127.0, 1e-9);
  for (int i = 0; i < 10; ++i) control(16, 126);
  EXPECT_NEAR(value("home_centre"), before, 1e-9);
  for (int i = 0; i < 200; ++i) control(16, 127);
  EXPECT_EQ(value("home_centre"), 0);

  desk_.set("home_centre", "0.5");
  learn("home_centre");
  for (const int v : {65, 65, 63, 63}) control(17, v);
  EXPECT_EQ(kind(), MidiControlKind::kOffset);
  const double middle = value("home_centre");
  control(17, 70);
  EXPECT_NEAR(value("home_centre"), middle + 6 / 127.0, 1e-9);
}

TEST_F(ControllerTest, KnobsAreNotTakenForEncoders) {
  const std::vector<std::vector<int>> knobs = {{4, 3, 2, 1, 0},           {66, 65, 64, 63, 62},
                                               {127, 126, 125, 124, 123}, {60, 61, 62, 63, 65, 66, 67},
                                               {1, 2, 3, 4, 5},           {0, 127, 0, 127}};
  for (const auto& knob : knobs) {
    learn("gain");
    for (const int v : knob) control(16, v);
    EXPECT_EQ(kind(), MidiControlKind::kControl) << knob[0];
    for (int i = 0; i < 20; ++i) control(16, 1);  // too late to change
    EXPECT_EQ(kind(), MidiControlKind::kControl);
  }
}

TEST_F(ControllerTest, EncodersStepThroughWords) {
  learn("squash");
  for (int i = 0; i < 3; ++i) control(16, 1);
  for (int i = 0; i < 4; ++i) control(16, 1);
  EXPECT_EQ(value("squash"), 1);
  for (int i = 0; i < 40; ++i) control(16, 1);
  EXPECT_EQ(value("squash"), 5);
}

TEST_F(ControllerTest, FourteenBits) {
  learn("home_centre");
  for (const int v : {0, 1, 2}) control(3, v), control(35, 64);
  EXPECT_EQ(kind(), MidiControlKind::kFine);
  const auto turn = [&](int v) { control(3, v >> 7), control(35, v & 127); };
  for (const int v : {0, 5000, 16383}) turn(v);
  EXPECT_EQ(value("home_centre"), 1);
  turn(8191);
  EXPECT_NEAR(value("home_centre"), 8191 / 16383.0, 1e-9);
  control(35, 0);  // the lower half alone
  EXPECT_NEAR(value("home_centre"), 8064 / 16383.0, 1e-9);
  control(3, 127);  // the upper half does not jump by itself
  EXPECT_NEAR(value("home_centre"), 8064 / 16383.0, 1e-9);
  control(35, 127);
  EXPECT_EQ(value("home_centre"), 1);
}

TEST_F(ControllerTest, PitchBendAndAftertouch) {
  learn("home_centre");
  bend(0);
  bend(16383);
  EXPECT_EQ(kind(), MidiControlKind::kPitchBend);
  EXPECT_EQ(value("home_centre"), 1);
  bend(4096);
  EXPECT_NEAR(value("home_centre"), 4096 / 16383.0, 1e-9);
  learn("zoom");
  send({0xd0, 0, 127});  // running status: twice
  EXPECT_EQ(value("zoom"), 1.1);
  EXPECT_NEAR(value("home_centre"), 4096 / 16383.0, 1e-9);
}

TEST_F(ControllerTest, NotesPlayPresetsAndActions) {
  midi_.learn(MidiAction::kNoise);
  send({0x99, 36, 100});
  EXPECT_TRUE(events().empty());  // learned, not played
  send({0x99, 36, 100});
  EXPECT_TRUE(std::holds_alternative<NewNoise>(events().back()));
  midi_.learn(std::string("smoke"));
  send({0x99, 37, 100});
  send({0x99, 37, 0});  // let go
  EXPECT_EQ(events().size(), 1U);
  send({0x99, 37, 1});
  EXPECT_EQ(desk_.preset().name, "smoke");
  midi_.learn(MidiAction::kRecord);
  send({0x99, 37, 100, 37, 100});  // instead of the preset
  EXPECT_EQ(recorded_, 1);

  MidiMap map;
  map.notes = {{0, 1, {}, 2, ""}, {0, 2, {}, 100000, ""}, {0, 3, {}, 0, "there-is-none"}};
  MidiController numbers(desk_, actions_, map);
  numbers.receive(Bytes{0x90, 1, 1, 2, 1, 3, 1}, 0);
  EXPECT_EQ(desk_.preset().name, desk_.presets()[1].name);
}

// A learned knob, turned over its whole way.
TEST_F(ControllerTest, AKnobMeetsTheDefaultAndIsFineAboutIt) {
  for (const auto& [name, usual, soft] :
       {std::tuple{"rotate", 0.0, 20.0}, {"advect", 0.0, 16.0}, {"gain", 1.333, 3.0}, {"zoom", 1.0, 0.2}}) {
    learn(name);
    for (const int v : {0, 1, 2, 3}) control(16, v);
    std::vector<double> values;
    for (int v = 0; v < 128; ++v) {
      control(16, v);
      values.push_back(value(name));
    }
    EXPECT_NE(std::find(values.begin(), values.end(), usual), values.end()) << name;
    for (size_t i = 1; i < values.size(); ++i) {
      if (values[i - 1] <= usual && values[i] >= usual) {
        EXPECT_LE(values[i] - values[i - 1], 0.01 * soft) << name;
      }
    }
  }
}

TEST_F(ControllerTest, AMapSaysRangeAndCurve) {
  MidiMap map;
  MidiBinding b{MidiControlKind::kControl, 0, 16, "home_centre"};
  b.range = {0.75, 0.25, Curve::kLinear};  // the other way round
  map.bindings = {b};
  MidiController c(desk_, actions_, map);
  const auto turn = [&](uint8_t to) { c.receive(Bytes{0xb0, 16, to}, 0); };
  turn(0), turn(127), turn(0);
  EXPECT_EQ(value("home_centre"), 0.75);
  turn(127);
  EXPECT_EQ(value("home_centre"), 0.25);
}

TEST_F(ControllerTest, ASmoothControlGlides) {
  MidiMap map;
  MidiBinding b{MidiControlKind::kControl, 0, 16, "home_centre"};
  b.smooth = 0.5;
  map.bindings = {b};
  MidiController c(desk_, actions_, map);
  c.glide(0);
  c.receive(Bytes{0xb0, 16, 0, 16, 127}, 0);
  EXPECT_EQ(value("home_centre"), 0);
  double before = 0;
  int steps = 0;
  for (double t = 0.01; c.glide(t) && steps < 1000; t += 0.01, ++steps) {
    EXPECT_GT(value("home_centre"), before);
    EXPECT_LT(value("home_centre") - before, 0.07);
    before = value("home_centre");
  }
  EXPECT_EQ(value("home_centre"), 1);
  EXPECT_GT(steps, 50);
  EXPECT_LT(steps, 300);
  c.receive(Bytes{0xb0, 16, 0}, 10);
  c.glide(10.01);
  desk_.set("home_centre", "0.3");  // another hand
  c.glide(10.02);
  EXPECT_EQ(value("home_centre"), 0.3);
}

TEST_F(ControllerTest, RandomBytesAreHarmless) {
  std::mt19937 draw(3);
  MidiMap map;
  for (size_t kind = 0; kind < midi_control_words().size(); ++kind) {
    const int i = static_cast<int>(kind);
    map.bindings.push_back({static_cast<MidiControlKind>(kind), i, i, "gain", i - 1,
                            i % 2 ? MidiSource::kNrpn : MidiSource::kControlChange});
  }
  map.bindings.push_back({MidiControlKind::kControl, 7, 1, "there_is_none", -1});
  MidiController c(desk_, actions_, map);
  for (int i = 0; i < 5000; ++i) {
    if (i % 500 == 0) c.learn(MidiTarget{"zoom", 1});
    Bytes bytes(draw() % 16);
    for (uint8_t& b : bytes) b = static_cast<uint8_t>(draw());
    c.receive(bytes, i * 0.001);
    const MidiTempo t = c.clock().at(i * 0.001);
    EXPECT_TRUE(std::isfinite(t.tempo) && std::isfinite(t.beats) && t.beats >= 0);
  }
  const Preset preset = desk_.preset();
  for (const double v : preset.values.list("gain")) EXPECT_TRUE(v >= 0 && v <= 20);
}

TEST(MidiClock, TempoThroughJitter) {
  std::mt19937 draw(5);
  std::uniform_real_distribution<double> jitter(-0.003, 0.003);
  MidiClock clock;
  clock.start();
  const double interval = 60.0 / 120 / 24;
  for (int i = 0; i < 480; ++i) {
    double t = 10 + i * interval + jitter(draw);
    if (i % 37 == 20) t += 0.015;  // the machine was busy
    clock.tick(t);
    if (i < 96) continue;
    const MidiTempo m = clock.at(t);
    EXPECT_NEAR(m.tempo, 120, 0.5) << i;
    EXPECT_NEAR(m.beats, (t - 10) / 0.5, 0.02) << i;
    EXPECT_TRUE(m.running);
  }
}

TEST(MidiClock, FollowsStopsAndGoesOn) {
  MidiClock clock;
  EXPECT_FALSE(clock.at(0).ticking);
  EXPECT_EQ(clock.at(0).tempo, 120);
  double t = 0;
  const auto run = [&](double bpm, int ticks) {
    for (int i = 0; i < ticks; ++i) clock.tick(t += 60 / bpm / 24);
  };
  clock.start();
  run(90, 25);
  EXPECT_NEAR(clock.at(t).tempo, 90, 0.01);
  EXPECT_NEAR(clock.at(t).beats, 1, 1e-6);
  run(174, 96);
  EXPECT_NEAR(clock.at(t).tempo, 174, 0.1);
  const double beats = clock.at(t).beats;
  clock.stop();
  run(174, 24);
  EXPECT_FALSE(clock.at(t).running);
  EXPECT_TRUE(clock.at(t).ticking);
  EXPECT_NEAR(clock.at(t).beats, beats, 1e-3);
  clock.go_on();
  run(174, 24);
  EXPECT_NEAR(clock.at(t).beats, beats + 1, 1e-3);
  clock.place(16);
  run(174, 1);
  EXPECT_NEAR(clock.at(t).beats, 4, 1e-3);
  EXPECT_FALSE(clock.at(t + 1).ticking);
  EXPECT_NEAR(clock.at(t + 1000).beats, clock.at(t).beats, 0.1);
  clock.start();
  run(174, 1);
  EXPECT_NEAR(clock.at(t).beats, 0, 1e-3);
}

}  // namespace
}  // namespace reverie
