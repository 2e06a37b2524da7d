// Two inputs of a set and the fader between them, and that such a set is made again.
#include "pipeline/input_fader.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <chrono>
#include <functional>
#include <thread>
#include <tuple>

#include "core/test_help.h"
#include "media/picture.h"
#include "media/sink.h"
#include "pipeline/live.h"
#include "pipeline/replay.h"

namespace reverie {
namespace {

using std::chrono::milliseconds;

TEST(InputFaderTest, AtItsEndsItIsOneOfThemToTheBit) {
  const Planes a(3, 4, 6, 0.1F), b(3, 4, 6, 0.7F);
  InputFader fader;
  EXPECT_EQ(fader.mix(&a, &b), &a);
  fader.move(0.25);
  const Planes* mixed = fader.mix(&a, &b);
  EXPECT_NEAR(mixed->at(2, 3, 5), 0.25F, 1e-6);
  fader.move(1);
  EXPECT_EQ(fader.mix(&a, &b), &b);
}

TEST(InputFaderTest, WhereThereIsNoBThereIsNothingToFadeTo) {
  const Planes a(3, 4, 6, 0.1F), b(3, 4, 6, 0.6F), none;
  InputFader fader;
  for (const double share : {0.0, 0.5, 1.0}) {
    fader.move(share);
    EXPECT_EQ(fader.mix(&a, nullptr), &a);
    EXPECT_EQ(fader.mix(&a, &none), &a);
    EXPECT_EQ(fader.mix(nullptr, nullptr), nullptr);
  }
  EXPECT_EQ(fader.mix(nullptr, &b), &b);
  fader.move(0.5);
  EXPECT_NEAR(fader.mix(nullptr, &b)->at(0, 0, 0), 0.3F, 1e-6) << "from black";
  fader.move(0);
  EXPECT_EQ(fader.mix(nullptr, &b), nullptr);
}

class TwoInputs : public testing::Test {
 protected:
  std::string file(const std::string& name) const { return (folder_.path() / name).string(); }

  // Frame n is grey, of this level and a bit more.
  void write_clip(const std::string& name, float level) const {
    const std::unique_ptr<Sink> sink = open_sink(file(name), sink_options(48, 32, 25, "a clip"));
    for (int n = 0; n < 50; ++n) sink->write(Planes(3, 32, 48, level + 0.004F * static_cast<float>(n)));
    sink->finish();
  }

  LiveRequest request() const {
    LiveRequest r;
    r.chain = Chain(Preset("grade"));
    std::tie(r.width, r.height, r.fps) = std::tuple(48, 32, 25.0);
    r.session = file("a.session");
    r.also = {file("live.mkv")};
    r.input = file("a.mkv");
    r.input_b = file("b.mkv");
    return r;
  }

  static void until(const std::function<bool()>& there) {
    for (int n = 0; n < 1000 && !there(); ++n) std::this_thread::sleep_for(milliseconds(5));
  }
  static void play(const LiveSet& set, int64_t frames) {
    const int64_t to = set.status().frames + frames;
    until([&] { return set.status().frames >= to || set.over(); });
  }

  // What was shown, by frames; the set made again is the same to the bit.
  std::vector<float> greys_and_again() const {
    ReplayRequest again{read_session(file("a.session")), file("again.mkv")};
    again.quiet = true;
    replay(again);
    std::vector<float> greys;
    const auto live = open_source(file("live.mkv")), made = open_source(file("again.mkv"));
    for (Planes a, b; live->read(a);) {
      EXPECT_TRUE(made->read(b) && a.data() == b.data()) << "frame " << greys.size();
      greys.push_back(a.at(1, 16, 24));
    }
    return greys;
  }

  TemporaryFolder folder_;
};

TEST_F(TwoInputs, AreFadedAndMadeAgainFrameByFrame) {
  write_clip("a.mkv", 0.1F);
  write_clip("b.mkv", 0.7F);
  {
    LiveSet set(request());
    until([&] { return !set.status().input.spec.empty() && !set.status().input_b.spec.empty(); });
    play(set, 10);
    for (int n = 1; n <= 20; ++n) {
      set.send(FadeInput{0.05 * n});
      if (n == 7) set.send(PlayInput{.speed = 2, .seek = InputTime{}, .side = InputSide::kB});
      if (n == 12) set.send(PlayInput{.seek = InputTime{}});
      play(set, 2);
    }
    play(set, 10);
    set.send(OpenInput{"", InputSide::kB});  // gone: A is back
    play(set, 10);
    set.stop();
    set.wait();
    EXPECT_EQ(set.status().input_b.spec, "");
  }
  const std::vector<float> greys = greys_and_again();
  ASSERT_GT(greys.size(), 60U);
  EXPECT_LT(greys.back(), 0.35F);
  EXPECT_GT(*std::max_element(greys.begin(), greys.end()), 0.69F);
  EXPECT_TRUE(std::any_of(greys.begin(), greys.end(), [](float v) { return v > 0.4F && v < 0.6F; }));
}

TEST_F(TwoInputs, ABThatIsNotThereIsSaidOnceAndTheSetGoesOn) {
  write_clip("a.mkv", 0.1F);
  LiveRequest r = request();
  r.input_fade = 1;
  testing::internal::CaptureStderr();
  {
    LiveSet set(r);
    until([&] { return !set.status().input_b.awaited_trouble.empty() && !set.status().input.spec.empty(); });
    play(set, 30);  // longer than until it is looked for again
    EXPECT_FALSE(set.over());
  }
  const std::string said = testing::internal::GetCapturedStderr();
  const size_t at = said.find("b.mkv");
  EXPECT_NE(at, std::string::npos) << said;
  EXPECT_EQ(said.find('\n', at), said.rfind('\n')) << said;
  EXPECT_LT(greys_and_again().back(), 0.35F) << "that of A";
}

TEST_F(TwoInputs, TheReplayOpensAnotherInPlaceOfB) {
  write_clip("a.mkv", 0.1F);
  write_clip("c.mkv", 0.5F);
  SessionStart start(request().chain);
  std::tie(start.width, start.height, start.fps, start.kernel) = std::tuple(48, 32, 25.0, "cpu");
  const std::string text = format_session_start(start) + format_event({0, OpenInput{file("a.mkv")}}) +
                           format_event({0, OpenInput{"camera:0", InputSide::kB}}) +
                           format_event({0, FadeInput{1}}) + format_reached(3);
  ReplayRequest r{parse_session(text, "x.session"), file("x.mkv")};
  r.quiet = true;
  r.input = file("a.mkv");
  EXPECT_NE(message_of([&] { replay(r); }).find("--input-b"), std::string::npos);
  r.input_b = file("c.mkv");
  EXPECT_EQ(replay(r).frames, 3);
  Planes p;
  ASSERT_TRUE(open_source(file("x.mkv"))->read(p));
  EXPECT_NEAR(p.at(0, 0, 0), 0.5F, 0.01);
}

}  // namespace
}  // namespace reverie
