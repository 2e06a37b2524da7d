#include "devices/osc_packet.h"

#include <gtest/gtest.h>

#include <limits>

#include "control/preset.h"
#include "core/test_help.h"
#include "devices/osc_command.h"

namespace reverie {
namespace {

using Bytes = std::vector<uint8_t>;
using Kind = OscCommand::Kind;

void append(Bytes& to, const Bytes& more) {
  to.insert(to.end(), more.begin(), more.end());
}

Bytes bundle(const std::vector<Bytes>& elements) {
  Bytes b = {'#', 'b', 'u', 'n', 'd', 'l', 'e', 0, 0, 0, 0, 0, 0, 0, 0, 1};
  for (const Bytes& e : elements) {
    append(b, {0, 0, static_cast<uint8_t>(e.size() >> 8U), static_cast<uint8_t>(e.size())});
    append(b, e);
  }
  return b;
}

OscCommand command(const std::string& address, const std::vector<OscArgument>& arguments = {}) {
  return parse_osc_command({address, arguments});
}

std::string refusal(const std::string& address, const std::vector<OscArgument>& arguments = {}) {
  return message_of([&] { command(address, arguments); });
}

const Parameter& parameter(const std::string& name) {
  const ParameterTable& table = Preset().values.table();
  return table[table.index(name)];
}

TEST(OscPacket, MessagesComeBackTheSame) {
  const OscMessage m = {"/reverie/feedback/zoom",
                        {int64_t{3}, int64_t{1} << 40U, 0.1F, 0.25, std::string("tänh"), true, false}};
  const auto messages = parse_osc(format_osc(m));
  ASSERT_EQ(messages.size(), 1U);
  EXPECT_EQ(messages[0].address, m.address);
  EXPECT_EQ(messages[0].arguments, m.arguments);
}

TEST(OscPacket, BundlesAreOpenedInOrderToADepth) {
  const auto message = [](const std::string& address) { return format_osc({address, {}}); };
  const auto messages =
      parse_osc(bundle({message("/a"), bundle({message("/b"), message("/c")}), message("/d")}));
  std::string order;
  for (const OscMessage& m : messages) order += m.address;
  EXPECT_EQ(order, "/a/b/c/d");
  EXPECT_TRUE(parse_osc(bundle({})).empty());

  Bytes deep = message("/a");
  for (int i = 0; i < 8; ++i) deep = bundle({deep});
  EXPECT_EQ(parse_osc(deep).size(), 1U);
  EXPECT_NE(message_of([&] { parse_osc(bundle({deep})); }), "");
}

TEST(OscPacket, WhatIsNoOscIsRefusedWhole) {
  const Bytes good = format_osc({"/reverie/noise", {}});
  Bytes cut = bundle({good, good});
  cut.resize(cut.size() - 4);
  const float nan = std::numeric_limits<float>::quiet_NaN();
  const double infinite = std::numeric_limits<double>::infinity();
  for (const Bytes& bad :
       {Bytes{}, Bytes{'/', 0, 0}, Bytes(64, 0xff), Bytes{'/', 'a', 0, 0}, cut, bundle({good, {1, 2, 3, 4}}),
        format_osc({"/a", {nan}}), format_osc({"/a", {infinite}}), format_osc({"/a", {std::string("\xff")}}),
        format_osc({"/a", {std::string("\x1b[2J")}}), format_osc({"/a", std::vector<OscArgument>(65, true)}),
        bundle(std::vector<Bytes>(1025, good))})
    EXPECT_NE(message_of([&] { parse_osc(bad); }), "") << bad.size();
}

TEST(OscCommand, Parameters) {
  const OscCommand all = command("/reverie/feedback/zoom", {1.5F});
  EXPECT_EQ(all.kind, Kind::kSet);
  EXPECT_EQ(all.part, "feedback");
  EXPECT_EQ(all.parameter, "zoom");
  EXPECT_EQ(all.level, -1);
  EXPECT_EQ(command("/reverie/feedback/zoom/2", {1.5F}).level, 2);
  for (const char* level : {"16", "-1", "1.0", "", "x", "99999999999"})
    EXPECT_NE(refusal(std::string("/reverie/feedback/zoom/") + level, {1.0F}), "") << level;
  EXPECT_NE(refusal("/reverie/feedback/zoom"), "");
  EXPECT_NE(refusal("/reverie/feedback/zoom/2", {1.0F, 2.0F}), "");
  EXPECT_NE(refusal("/reverie/feedback/zoom", std::vector<OscArgument>(17, 1.0F)), "");
}

TEST(OscCommand, ValuesAreWrittenAsACommandLineGivesThem) {
  EXPECT_EQ(osc_value(parameter("gain"), {0.1F}), "0.1");
  EXPECT_EQ(osc_value(parameter("gain"), {0.1F, int64_t{2}, 0.25}), "0.1,2,0.25");
  EXPECT_EQ(osc_value(parameter("squash"), {std::string("tanh")}), "tanh");
  EXPECT_EQ(osc_value(parameter("squash"), {0.0F}), parameter("squash").choices[0]);
  EXPECT_EQ(osc_value(parameter("squash"), {int64_t{1}}), parameter("squash").choices[1]);
  EXPECT_EQ(osc_value(parameter("view_mono"), {true}), "1");
  EXPECT_EQ(osc_value(parameter("palette"), {std::string("great-wave")}), "great-wave");
  for (const OscArgument& bad : {OscArgument(0.5F), OscArgument(int64_t{-1}), OscArgument(int64_t{1000})})
    EXPECT_NE(message_of([&] { osc_value(parameter("squash"), {bad}); }), "");
  EXPECT_NE(message_of([] { osc_value(parameter("palette"), {1.0F}); }), "");
}

TEST(OscCommand, Verbs) {
  EXPECT_EQ(command("/reverie/preset", {std::string("smoke"), 2.0F}).fade, 2.0);
  EXPECT_EQ(command("/reverie/preset", {int64_t{3}}).number, 3);
  EXPECT_EQ(command("/reverie/preset/next").kind, Kind::kNext);
  EXPECT_EQ(command("/reverie/weights").kind, Kind::kWeights);
  EXPECT_EQ(command("/reverie/weights", {std::string("w.npy")}).text, "w.npy");
  EXPECT_EQ(command("/reverie/randomize", {0.2F}).kind, Kind::kRandomize);
  EXPECT_EQ(command("/reverie/record", {int64_t{1}, std::string("a.mkv")}).text, "a.mkv");
  EXPECT_EQ(command("/reverie/tempo", {128.0F}).number, 128);
  EXPECT_EQ(command("/reverie/input/speed", {2.5F}).play_input.speed, 2.5);
  EXPECT_EQ(command("/reverie/input/seek", {12.5F}).play_input.seek->at, 12.5);
  EXPECT_EQ(command("/reverie/input/loop", {1.0F, int64_t{2}}).play_input.from->at, 1);
  EXPECT_EQ(command("/reverie/input/loop", {1.0F, int64_t{2}}).play_input.to->at, 2);
  EXPECT_EQ(command("/reverie/input/loop").play_input.to->kind, InputTime::Kind::kShare);
  EXPECT_EQ(command("/reverie/input/in").play_input.from->kind, InputTime::Kind::kNow);
  EXPECT_EQ(command("/reverie/input/out", {1.0F}).play_input.to->kind, InputTime::Kind::kNow);
  EXPECT_EQ(command("/reverie/input/out").side(), InputSide::kA);
  for (const char* whole : {"/reverie/input/b/loop", "/reverie/input/b/pause", "/reverie/input/b/in"})
    EXPECT_EQ(command(whole).side(), InputSide::kB) << whole;
  EXPECT_EQ(command("/reverie/input/b", {std::string("b.mp4")}).side(), InputSide::kB);
  EXPECT_EQ(command("/reverie/input/fade", {0.5F}).number, 0.5);
  for (const char* bad : {"/reverie", "/reverie/", "/reverie/nois", "/noise", "/reverie/*",
                          "/reverie/a/b/c/d", "", "/reverie/preset", "/reverie/save", "/reverie/tempo",
                          "/reverie/record", "/reverie/input/speed", "/reverie/input/seek"})
    EXPECT_NE(refusal(bad), "") << bad;
  EXPECT_NE(refusal("/reverie/nois").find("did you mean 'noise'"), std::string::npos);
  EXPECT_NE(refusal("/reverie/tempo", {0.0F}), "");
  EXPECT_NE(refusal("/reverie/input/speed", {-1.0F}), "");
  EXPECT_NE(refusal("/reverie/input/loop", {1.0F}), "");
  EXPECT_NE(refusal("/reverie/input/fade", {1.1F}), "");
  EXPECT_NE(refusal("/reverie/tempo", {std::string("120")}), "");
  EXPECT_NE(refusal("/reverie/randomize", {2.0F}), "");
  EXPECT_NE(refusal("/reverie/preset", {int64_t{0}}), "");
  EXPECT_NE(refusal("/reverie/preset", {1.5F}), "");
  EXPECT_NE(refusal("/reverie/preset", {std::string("smoke"), -1.0F}), "");
  EXPECT_NE(refusal("/reverie/undo", {1.0F, 1.0F}), "");
  EXPECT_NE(refusal("/reverie/save", {std::string(2000, 'a')}), "");
}

TEST(OscCommand, AButtonActsWhenPressedOnly) {
  for (const char* verb : {"noise", "preset/next", "weights", "snapshot", "undo", "randomize", "input/in",
                           "input/out", "input/pause"}) {
    const std::string address = std::string("/reverie/") + verb;
    EXPECT_NE(command(address, {1.0F}).kind, Kind::kNothing) << verb;
    EXPECT_EQ(command(address, {0.0F}).kind, Kind::kNothing) << verb;
  }
}

TEST(OscCommand, WhatNamesAFile) {
  EXPECT_TRUE(names_a_file(command("/reverie/weights", {std::string("/etc/passwd")})));
  EXPECT_TRUE(names_a_file(command("/reverie/input", {std::string("clip.mp4")})));
  EXPECT_TRUE(names_a_file(command("/reverie/input/b", {std::string("clip.mp4")})));
  EXPECT_TRUE(names_a_file(command("/reverie/save", {std::string("mine")})));
  EXPECT_TRUE(names_a_file(command("/reverie/record", {int64_t{1}, std::string("a.mkv")})));
  EXPECT_TRUE(names_a_file(command("/reverie/preset", {std::string("../a")})));
  EXPECT_TRUE(names_a_file(command("/reverie/preset", {std::string("a.toml")})));
  EXPECT_FALSE(names_a_file(command("/reverie/preset", {std::string("smoke")})));
  EXPECT_FALSE(names_a_file(command("/reverie/record", {int64_t{1}})));
  EXPECT_FALSE(names_a_file(command("/reverie/weights")));
}

TEST(OscCommand, EchoesHaveTheParametersTypes) {
  Preset preset;
  preset.values.set("gain", {1, 2.5});
  EXPECT_EQ(osc_echo("feedback", preset.values, parameter("gain")).address, "/reverie/feedback/gain");
  EXPECT_EQ(osc_echo("feedback", preset.values, parameter("gain")).arguments,
            (std::vector<OscArgument>{1.0F, 2.5F}));
  EXPECT_EQ(osc_echo("feedback", preset.values, parameter("view_mono")).arguments,
            (std::vector<OscArgument>{int64_t{0}}));
  EXPECT_EQ(osc_echo("feedback", preset.values, parameter("palette")).arguments,
            (std::vector<OscArgument>{std::string()}));
}

}  // namespace
}  // namespace reverie
