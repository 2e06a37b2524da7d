#include "pipeline/signal_source.h"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <cmath>
#include <cstdlib>
#include <fstream>

#include "core/error.h"
#include "core/file.h"
#include "core/test_help.h"
#include "media/probe.h"
#include "media/source.h"
#include "pipeline/render.h"

namespace reverie {
namespace {

constexpr double kFps = 30;

// Half a second of silence, then a stroke of a drum of 60 Hz every half second.
class WithDrum : public testing::Test {
 protected:
  void SetUp() override { write_drum("drum.wav", 0.5, 6); }

  void write_drum(const std::string& name, double every, double seconds) {
    const std::string t = fmt::format("mod(t\\,{})", every);
    const std::string line = fmt::format(
        "ffmpeg -v error -y -f lavfi -i "
        "'aevalsrc=gte(t\\,0.5)*0.8*exp(-{0}*20)*sin(2*PI*60*{0}):s=44100:d={1}' '{2}'",
        t, seconds, file(name));
    ASSERT_EQ(std::system(line.c_str()), 0) << line;  // NOLINT(concurrency-mt-unsafe): one thread
  }

  std::string file(const std::string& name) const { return (folder_.path() / name).string(); }
  SinkOptions::Sound drum() const { return {file("drum.wav"), 0, false}; }

  // A preset whose picture turns louder with each onset.
  RenderRequest request(const std::string& out) const {
    RenderRequest r;
    r.chain.parts[0].preset.values.set("levels", 1);
    r.chain.parts[0].preset.values.set("channels", std::vector<double>{3, 4});
    r.chain.parts[0].preset.followers.push_back(
        {.parameter = "view_gain", .follows = SoundFeature::kOnset, .depth = 2});
    r.output = file(out);
    r.width = 32;
    r.height = 24;
    r.quiet = true;
    return r;
  }

  static std::vector<Planes> frames_of(const std::string& video) {
    std::vector<Planes> frames;
    const auto source = open_source(video);
    for (Planes p; source->read(p);) frames.push_back(p);
    return frames;
  }

  TemporaryFolder folder_;
};

TEST_F(WithDrum, MeasureFindsLengthAndTempo) {
  const SoundMeasure m = measure_sound(drum());
  EXPECT_NEAR(m.seconds, 6, 0.01);
  EXPECT_NEAR(m.tempo, 120, 1);
}

TEST_F(WithDrum, OnsetsAreInTheFramesInWhichTheyAreHeard) {
  SignalSource source({drum(), std::nullopt, 0, kFps});
  float last = 0;
  std::vector<int> onsets;
  for (int frame = 0; frame < 180; ++frame) {
    const Signals s = source.at({frame, frame / kFps});
    if (frame < 14) {
      EXPECT_EQ(s.level, 0) << frame;
      EXPECT_EQ(s.bass, 0) << frame;
      EXPECT_EQ(s.onset, 0) << frame;
    }
    if (s.onset > last) onsets.push_back(frame);
    last = s.onset;
  }
  EXPECT_EQ(onsets, (std::vector<int>{15, 30, 45, 60, 75, 90, 105, 120, 135, 150, 165}));
}

TEST_F(WithDrum, TheSameForAnyStepsAndSilenceAfterTheEnd) {
  SignalSource each({drum(), std::nullopt, 120, kFps});
  SignalSource jump({drum(), std::nullopt, 120, kFps});
  for (int frame = 0; frame < 100; ++frame) each.at({frame, frame / kFps});
  const Signals a = each.at({100, 100 / kFps});
  const Signals b = jump.at({100, 100 / kFps});
  EXPECT_EQ(a.bass, b.bass);
  EXPECT_EQ(a.onset, b.onset);
  EXPECT_EQ(a.beats, b.beats);
  const Signals after = each.at({210, 7});
  EXPECT_EQ(after.level, 0);
  EXPECT_GT(after.beats, 13);
}

TEST_F(WithDrum, BeatsAreTheTemposOrTheSounds) {
  SignalSource silent({std::nullopt, std::nullopt, 0, kFps});
  EXPECT_EQ(silent.at({60, 2}).beats, 4);
  SignalSource given({drum(), 90.0, 120, kFps});
  EXPECT_EQ(given.at({60, 2}).beats, 3);
  EXPECT_EQ(given.at({61, 2.1}).tempo, 90);
  SignalSource own({drum(), std::nullopt, 120, kFps});
  for (int n = 6; n < 12; ++n) {
    const double beats = own.at({15 * n, 0.5 * n}).beats;
    EXPECT_LT(std::abs(beats - std::round(beats)), 0.1) << n;
  }
}

TEST_F(WithDrum, ARenderReactsToItFromItsFirstStrokeOn) {
  RenderRequest r = request("silent.mkv");
  r.frames = 30;
  render(r);
  r.output = file("loud.mkv");
  r.sound = file("drum.wav");
  render(r);
  const auto silent = frames_of(file("silent.mkv"));
  const auto loud = frames_of(file("loud.mkv"));
  ASSERT_EQ(loud.size(), 30U);
  for (size_t i = 0; i < 15; ++i) EXPECT_EQ(loud[i].data(), silent[i].data()) << i;
  EXPECT_GT(mean_absolute_difference(loud[15], silent[15]), 0.01);
  EXPECT_TRUE(open_source(file("loud.mkv"))->info().has_sound);
  EXPECT_FALSE(open_source(file("silent.mkv"))->info().has_sound);
}

TEST_F(WithDrum, TheSoundsLengthIsTheRendersUnlessAnotherIsGiven) {
  RenderRequest r = request("a.mp4");
  r.sound = file("drum.wav");
  EXPECT_EQ(render(r).frames, 180);
  r.seconds = 0.2;
  EXPECT_EQ(render(r).frames, 6);
  r.seconds.reset();
  r.input = "test:testsrc2";  // endless
  r.chain.parts[0].preset.input = InputNeed::kOptional;
  EXPECT_EQ(render(r).frames, 180);
}

TEST_F(WithDrum, AgainGivesTheSameBytes) {
  RenderRequest r = request("a.mkv");
  r.chain.parts[0].preset.lfos.push_back({.parameter = "hue", .beats = 2, .depth = 40});
  r.sound = file("drum.wav");
  r.frames = 45;
  for (const std::optional<double> tempo : {std::optional<double>(), std::optional(133.3)}) {
    r.tempo = tempo;
    render(r);
    RenderRequest again = request_from_description(probe(r.output).metadata.at("comment"), r.output);
    EXPECT_EQ(again.sound, r.sound);
    EXPECT_EQ(again.tempo, tempo);
    again.output = file("b.mkv");
    again.quiet = true;
    render(again);
    EXPECT_TRUE(read_file(r.output, 1U << 24U) == read_file(again.output, 1U << 24U));
  }
}

TEST_F(WithDrum, TheInputsOwnSoundIsFollowedUnasked) {
  RenderRequest r = request("clip.mkv");
  r.sound = file("drum.wav");
  r.frames = 30;
  render(r);
  r.chain.parts[0].preset.input = InputNeed::kOptional;
  r.sound.clear();
  r.frames.reset();
  r.input = file("clip.mkv");
  r.output = file("follows.mkv");
  EXPECT_EQ(render(r).frames, 30);
  r.chain.parts[0].preset.followers.clear();
  r.output = file("plain.mkv");
  render(r);
  const auto follows = frames_of(file("follows.mkv"));
  const auto plain = frames_of(file("plain.mkv"));
  EXPECT_EQ(follows[14].data(), plain[14].data());
  EXPECT_NE(follows[16].data(), plain[16].data());
}

TEST_F(WithDrum, ASoundThatCannotBeHeardIsAnError) {
  RenderRequest r = request("a.mp4");
  r.frames = 3;
  r.sound = file("none.wav");
  EXPECT_NE(message_of([&] { render(r); }).find("there is no such file"), std::string::npos);
  std::ofstream(file("text.wav")) << "no sound";
  r.sound = file("text.wav");
  EXPECT_NE(message_of([&] { render(r); }).find("text.wav"), std::string::npos);
  EXPECT_FALSE(std::filesystem::exists(r.output));
}

}  // namespace
}  // namespace reverie
