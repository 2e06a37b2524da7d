#include "control/session.h"

#include <gtest/gtest.h>

#include "core/corpus_test_help.h"

namespace reverie {
namespace {

SessionStart small_start() {
  Preset preset;
  preset.name = "smoke";
  preset.folder = "/presets";
  preset.values.set("gain", 1.1);
  SessionStart s(preset);
  s.width = 64;
  s.height = 48;
  s.fps = 29.97;
  s.seed = 0xfedcba9876543210;
  s.kernel = "cpu";
  s.fit = Fit::kStretch;
  return s;
}

Chain two_parts() {
  Preset b;
  b.name = "b";
  b.values.set("gain", 2);
  Chain chain = b;
  append(chain, b);
  chain.given_name = "two";
  draw_seeds(chain, 9);
  return chain;
}

std::vector<TimedEvent> one_of_each() {
  Preset other;
  other.values.set("zoom", std::vector<double>{1, 1.1});
  Signals heard;
  heard.bass = 0.1F;
  heard.beats = 1.0 / 3;
  return {{1, SetParameter{"zoom.2", "1.5"}},
          {2, ChangePreset{other, UINT64_MAX, 1.5}},
          {3, BeginProcess{}},
          {3, AbandonProcess{}},
          {3, NewNoise{17}},
          {4, OpenInput{"clip \"1\".mp4"}},
          {5, PlayInput{1.5, InputTime{InputTime::Kind::kSeconds, 12.5},
                        InputTime{InputTime::Kind::kShare, 0.25}, PlayInput::kNow}},
          {5, PlayInput{}},
          {5, ShowInput{3}},
          {6, SkipTicks{2}},
          {7, heard},
          {8, SetParameter{"zoom.2", "1.5", "glass"}},
          {8, ChangePreset{other, 3, 1.5, "glass"}},
          {8, BeginProcess{"glass"}},
          {8, AbandonProcess{"glass"}},
          {8, NewNoise{17, "glass"}},
          {8, AddPart{{"glass", other, UINT64_MAX}, 1, 2}},
          {8, RemovePart{"glass", 0.5}},
          {8, MovePart{"glass", 0, 0.5}},
          {8, ChangeChain{two_parts(), 1}},
          {8, BeginChain{}},
          {8, AbandonChain{}},
          {8, Blackout{true, 0.5}},
          {8, Freeze{false}},
          {8, OpenInput{"b.mp4", InputSide::kB}},
          {8, PlayInput{.seek = PlayInput::kNow, .side = InputSide::kB}},
          {8, ShowInput{4, InputSide::kB}},
          {8, FadeInput{0.25}}};
}

std::string text_of(const std::vector<TimedEvent>& events) {
  std::string text = format_session_start(small_start());
  for (const TimedEvent& e : events) text += format_event(e);
  return text + format_reached(9);
}

TEST(Session, ComesBackAsItWas) {
  const std::string text = text_of(one_of_each());
  const Session s = parse_session(text, "a.session");
  EXPECT_EQ(s.frames, 9);
  EXPECT_EQ(s.start.seed, 0xfedcba9876543210);
  EXPECT_EQ(s.start.fps, 29.97);
  EXPECT_EQ(s.start.fit, Fit::kStretch);
  EXPECT_EQ(s.start.chain.parts[0].preset.name, "smoke");
  EXPECT_EQ(s.start.chain.parts[0].preset.folder, "/presets");
  EXPECT_EQ(s.events.size(), one_of_each().size());
  EXPECT_EQ(std::get<Signals>(s.events[10].event).beats, 1.0 / 3);
  std::string again = format_session_start(s.start);
  for (const TimedEvent& e : s.events) again += format_event(e);
  EXPECT_EQ(again + format_reached(s.frames), text);
}

TEST(Session, ASetMayBeginWithAChain) {
  SessionStart start(two_parts());
  start.width = start.height = 8;
  start.kernel = "cpu";
  const std::string text = format_session_start(start);
  const Session s = parse_session(text, "a.session");
  EXPECT_EQ(s.start.chain.name(), "two");
  EXPECT_EQ(s.start.chain.part("feedback-2").seed, part_seed(9, "feedback-2"));
  EXPECT_EQ(format_session_start(s.start), text);
}

TEST(Session, WhatWasCutOffLosesItsLastLineOnly) {
  const std::string text = text_of(one_of_each());
  const size_t first = text.find('\n') + 1;
  for (size_t length = first; length < text.size(); length += 7) {
    const Session s = parse_session(text.substr(0, length), "a.session");
    EXPECT_LE(s.events.size(), one_of_each().size());
  }
}

TEST(Session, WrongLinesAreNamed) {
  const std::string start = format_session_start(small_start());
  const auto error = [&](const std::string& more) {
    return message_of([&] { parse_session(start + more + "\n", "a.session"); });
  };
  EXPECT_EQ(error("{\"frame\": 1, \"dance\": 1}"), "a.session:2: it is not an event of a set");
  EXPECT_EQ(error("nonsense"), "a.session:2: it is not a line of JSON");
  EXPECT_EQ(error("[[[[[[[[1]]]]]]]]"), "a.session:2: it is not a line of JSON");
  EXPECT_EQ(error("{\"frame\": -1, \"skip\": 1}").find("a.session:2: 'frame' must be 0"), 0U);
  EXPECT_EQ(error("{\"frame\": 1, \"skip\": 18446744073709551615}"),
            "a.session:2: 'skip' must be a whole number");
  EXPECT_EQ(error("{\"frame\": 1, \"hear\": [1, 2]}"), "a.session:2: 'hear' must be seven numbers");
  for (const char* how : {"3", "{\"speed\": 5}", "{\"speed\": \"fast\"}", "{\"seek\": -1}",
                          "{\"from\": \"then\"}", "{\"to\": {\"share\": 2}}", "{\"to\": {\"shares\": 1}}"}) {
    EXPECT_NE(error(std::string("{\"frame\": 1, \"play_input\": ") + how + "}").find("a.session:2: "),
              std::string::npos)
        << how;
  }
  EXPECT_EQ(error("{\"frame\": 5, \"skip\": 1}\n{\"frame\": 4, \"skip\": 1}"),
            "a.session:3: its frame comes before the one of the line above");
  EXPECT_NE(message_of([] { parse_session("", "a.session"); }), "");
  EXPECT_EQ(message_of([] { parse_session("{}", "a.session"); }), "a.session:1: it is not a Reverie session");
}

TEST(SessionCorpus, NothingBreaksTheReader) {
  replay_corpus("session", [](const std::vector<uint8_t>& bytes, const std::string& file) {
    parse_session(std::string(bytes.begin(), bytes.end()), file);
  });
}

}  // namespace
}  // namespace reverie
