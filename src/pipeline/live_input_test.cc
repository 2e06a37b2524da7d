// What a performer does to the clip that comes in: its speed, its place, its range; and that it is made
// again.
#include "pipeline/live_input.h"

#include <fmt/format.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <cmath>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <functional>
#include <map>
#include <random>
#include <thread>
#include <tuple>
#include <utility>
#include <vector>

#include "core/test_help.h"
#include "media/picture.h"
#include "media/sink.h"
#include "pipeline/live.h"
#include "pipeline/replay.h"

namespace reverie {
namespace {

using std::chrono::milliseconds;

constexpr InputFormat kFormat = {32, 24, 25, Fit::kCrop, Deinterlace::kAuto};
constexpr int kFrames = 100;

InputTime at(double seconds) {
  return {InputTime::Kind::kSeconds, seconds};
}
InputTime share(double s) {
  return {InputTime::Kind::kShare, s};
}
constexpr InputTime kNow = {InputTime::Kind::kNow};

// Frame n of the clip is grey, 2 * n + 20 in 8 bits.
void write_clip(const std::string& file, int frames = kFrames) {
  const std::unique_ptr<Sink> sink = open_sink(file, sink_options(32, 24, 25, "a clip"));
  for (int n = 0; n < frames; ++n) sink->write(Planes(3, 24, 32, static_cast<float>(2 * n + 20) / 255));
  sink->finish();
}

int frame_of(const Planes& p) {
  return static_cast<int>(std::lround(p.at(1, 12, 16) * 255) - 20) / 2;
}

// An input whose clock is the test's: it waits for what the reader has to do.
class Clip : public testing::Test {
 protected:
  void SetUp() override { write_clip(file("clip.mkv")); }
  std::string file(const std::string& name) const { return (folder_.path() / name).string(); }

  void open(const std::string& spec, const std::optional<PlayInput>& how = {}) {
    input_.open(spec);
    if (how) input_.play(*how);
    until([&] { return input_.read(1, events_) != nullptr && input_.state().spec == spec; });
  }

  void until(const std::function<bool()>& there) const {
    for (int n = 0; n < 1000 && !there(); ++n) std::this_thread::sleep_for(milliseconds(5));
  }

  // The frame after that many ticks, when the reader had time for it.
  int next(int64_t ticks = 1) {
    std::this_thread::sleep_for(milliseconds(30));
    const Planes* p = input_.read(ticks, events_);
    EXPECT_EQ(frame_of(*p), input_.index());
    return frame_of(*p);
  }

  std::vector<int> next_frames(int count) {
    std::vector<int> all;
    for (int n = 0; n < count; ++n) all.push_back(next());
    return all;
  }

  // After a seek: the frame that it shows first.
  int arrival() {
    int shown = -1;
    until([&] {
      shown = frame_of(*input_.read(1, events_));
      return input_.jumped();
    });
    return shown;
  }

  TemporaryFolder folder_;
  LiveInput input_{kFormat};
  std::vector<Event> events_;
};

TEST_F(Clip, PlaysAtItsSpeed) {
  open(file("clip.mkv"));
  EXPECT_EQ(next_frames(3), (std::vector{1, 2, 3}));
  input_.play({.speed = 2});
  EXPECT_EQ(next_frames(6), (std::vector{5, 7, 9, 11, 13, 15}));
  input_.play({.speed = 0.5});
  const std::vector<int> slow = next_frames(8);
  for (size_t n = 1; n < slow.size(); ++n) EXPECT_LE(slow[n] - slow[n - 1], 2);
  EXPECT_NEAR(slow.back(), 19, 1);
  input_.play({.speed = 0});
  const int held = next();
  EXPECT_EQ(next_frames(3), (std::vector{held, held, held}));
  input_.play({.speed = 1});
  next(10);  // the engine was late
  EXPECT_EQ(next(), held + 11);
}

TEST_F(Clip, GoesToAnyPlaceAlsoWhileItStands) {
  open(file("clip.mkv"));
  input_.play({.seek = at(2)});
  EXPECT_EQ(arrival(), 50);
  EXPECT_EQ(next_frames(2), (std::vector{51, 52}));
  input_.play({.speed = 0, .seek = share(0.1)});
  EXPECT_EQ(arrival(), 10);
  EXPECT_EQ(next_frames(2), (std::vector{10, 10}));
  input_.play({.seek = share(1)});
  EXPECT_EQ(arrival(), 99);
  const LiveInput::State s = input_.state();
  EXPECT_TRUE(s.has_places);
  EXPECT_DOUBLE_EQ(s.place, 99 / 25.0);
  EXPECT_DOUBLE_EQ(s.length.value_or(0), 4);
  input_.play({.speed = 1});
  EXPECT_EQ(next_frames(3), (std::vector{0, 1, 2}));
}

TEST_F(Clip, OfManyWishesTheLastCounts) {
  open(file("clip.mkv"));
  for (int n = 0; n < 50; ++n) input_.play({.seek = share(0.02 * n)});
  input_.play({.seek = at(3)});
  until([&] { return frame_of(*input_.read(0, events_)) == 75; });
  EXPECT_EQ(next_frames(2), (std::vector{76, 77}));
}

TEST_F(Clip, RepeatsARange) {
  open(file("clip.mkv"), PlayInput{.from = at(1), .to = at(1.2)});
  EXPECT_EQ(input_.index(), 25);
  EXPECT_EQ(next_frames(7), (std::vector{26, 27, 28, 29, 25, 26, 27}));
  input_.play({.speed = 2});
  EXPECT_EQ(next_frames(5), (std::vector{29, 26, 28, 25, 27}));
  input_.play({.speed = 1, .seek = at(3)});  // outside
  EXPECT_EQ(arrival(), 25);
  input_.play({.from = share(0), .to = share(1)});
  until([&] { return next() >= 35; });
  EXPECT_EQ(input_.index(), 35);
  input_.play({.to = kNow});
  EXPECT_EQ(next(), 0);  // the out point begins the range again
  EXPECT_EQ(next(), 1);
  input_.play({.from = kNow});
  until([&] { return next() == 35; });
  EXPECT_EQ(next_frames(2), (std::vector{1, 2}));
  const LiveInput::State s = input_.state();
  EXPECT_DOUBLE_EQ(s.from, 1 / 25.0);
  EXPECT_DOUBLE_EQ(s.to.value_or(0), 36 / 25.0);
}

TEST_F(Clip, AnEndBeyondTheOtherLeavesThatOneOpen) {
  open(file("clip.mkv"), PlayInput{.from = at(1), .to = at(2)});
  input_.play({.from = at(3)});
  EXPECT_DOUBLE_EQ(input_.state().from, 3);
  EXPECT_FALSE(input_.state().to.has_value());
  input_.play({.to = at(2)});
  EXPECT_EQ(input_.state().from, 0);
  EXPECT_DOUBLE_EQ(input_.state().to.value_or(0), 2);
}

// Whoever seeks and marks at once has not seen the frame yet.
TEST_F(Clip, AnEndRightAfterASeekIsThePlaceSought) {
  open(file("clip.mkv"), PlayInput{.speed = 0});
  input_.play({.seek = at(1)});
  input_.play({.from = kNow});
  input_.play({.seek = at(2)});
  input_.play({.to = kNow});
  EXPECT_DOUBLE_EQ(input_.state().from, 1);
  EXPECT_DOUBLE_EQ(input_.state().to.value_or(0), 51 / 25.0);
  EXPECT_EQ(arrival(), 50);
}

TEST_F(Clip, GoesOnAtOnceWhenItsRangeIsTakenAway) {
  open(file("clip.mkv"), PlayInput{.from = at(1), .to = at(1.2)});
  input_.read(1000000, events_);  // far behind: reading a short range is mostly seeking
  input_.play(PlayInput::whole());
  until([&] { return next() >= 30; });
  EXPECT_LT(input_.index(), 40);
}

TEST_F(Clip, BeginsAgainFrameByFrame) {
  write_clip(file("short.mkv"), 5);
  open(file("short.mkv"));
  EXPECT_EQ(next_frames(7), (std::vector{1, 2, 3, 4, 0, 1, 2}));
  EXPECT_EQ(next(3), 0);
}

TEST_F(Clip, WhatCannotBeIsSaidInOneLine) {
  const auto said = [&](const PlayInput& how) {
    testing::internal::CaptureStderr();
    input_.play(how);
    return testing::internal::GetCapturedStderr();
  };
  const auto expect = [&](const PlayInput& how, const std::string& why) {
    const std::string line = said(how);
    EXPECT_NE(line.find(why), std::string::npos) << line;
    EXPECT_EQ(std::count(line.begin(), line.end(), '\n'), 1) << line;
  };
  open(file("clip.mkv"));
  expect({.seek = at(9)}, "it is 4 s long");
  expect({.from = at(2), .to = at(1)}, "its range must end after it begins");
  EXPECT_EQ(next_frames(2), (std::vector{1, 2}));
  EXPECT_EQ(input_.state().from, 0);
  expect({.from = at(4)}, "its range must end after it begins");
  expect({.from = at(1), .to = at(1.04)},
         "its range must end after it begins");  // one frame, which would stand
  input_.play({.speed = 0, .from = kNow});
  expect({.to = kNow}, "its range must end after it begins");
  EXPECT_FALSE(input_.state().to.has_value());
  input_.play({.seek = share(1)});
  expect({.from = kNow}, "its range must end after it begins");

  open("test:testsrc2");
  expect({.seek = at(1)}, "there are no places in it to go to");
  EXPECT_EQ(said({.seek = at(2)}), "") << "a fader asks many times";
  EXPECT_EQ(said({.speed = 2}), "");
  write_picture(file("a.png"), Planes(3, 24, 32));
  open(file("a.png"));
  expect({.speed = 2}, "it is a single picture");
}

// What a wild performer does to the clip.
void play_wildly(LiveSet& set, const std::vector<std::string>& clips, milliseconds length) {
  std::mt19937 draws(5);
  const auto pick = [&](int n) { return static_cast<int>(draws() % static_cast<unsigned>(n)); };
  const auto end = std::chrono::steady_clock::now() + length;
  while (std::chrono::steady_clock::now() < end) {
    switch (pick(8)) {
      case 0:
        set.send(OpenInput{clips[draws() % clips.size()]});
        break;
      case 1:
      case 2:
        set.send(PlayInput{.speed = 0.25 * pick(17)});
        break;
      case 3:
        set.send(PlayInput{.from = share(0.1 * pick(5)), .to = share(0.5 + 0.1 * pick(6))});
        break;
      case 4:
        set.send(PlayInput{.to = kNow});
        break;
      default:
        set.send(PlayInput{.seek = share(0.01 * pick(101))});
    }
    std::this_thread::sleep_for(milliseconds(10 + pick(200)));
  }
}

TEST_F(Clip, ASetOfItIsMadeAgainFrameByFrame) {
  write_clip(file("clip.mp4"));
  write_clip(file("clip.gif"), 30);
  write_clip(file("p%03d.png"), 40);
  LiveRequest r;
  r.chain = Chain(Preset("grade"));
  std::tie(r.width, r.height, r.fps) = std::tuple(48, 32, 40.0);
  r.session = file("a.session");
  r.also = {file("live.mkv")};
  r.input = file("clip.mkv");
  r.play_input = PlayInput{.speed = 1.5, .from = at(0.5)};
  {
    LiveSet set(r);
    play_wildly(set, {file("clip.mp4"), file("clip.gif"), file("p*.png"), file("clip.mkv"), "test:testsrc2"},
                milliseconds(5000));
    set.stop();
    set.wait();
  }
  ReplayRequest again{read_session(file("a.session")), file("again.mkv")};
  again.quiet = true;
  replay(again);
  const auto live = open_source(file("live.mkv")), made = open_source(file("again.mkv"));
  Planes a, b;
  int frames = 0, moved = 0;
  Planes before;
  for (; live->read(a); ++frames) {
    ASSERT_TRUE(made->read(b)) << "frame " << frames;
    ASSERT_TRUE(a.data() == b.data()) << "frame " << frames;
    moved += frames > 0 && a.data() != before.data() ? 1 : 0;
    before = a;
  }
  EXPECT_FALSE(made->read(b));
  EXPECT_GT(frames, 50);
  EXPECT_GT(moved, 30);
}

// One key frame in 250: the way back to a range takes as long as all before it in the clip.
TEST_F(Clip, GoingBackOverFarKeyFramesHoldsNoFrame) {
  const std::string make = fmt::format(
      "ffmpeg -v error -f lavfi -i testsrc2=size=1280x720:rate=25 -t 10 -c:v libx264 -preset ultrafast "
      "-g 250 -keyint_min 250 -sc_threshold 0 -pix_fmt yuv420p {} 2>/dev/null",
      file("far.mp4"));
  if (std::system(make.c_str()) != 0) GTEST_SKIP() << "needs ffmpeg with x264";
  const int first = 190;
  for (const double end : {8.0, 9.6, 10.0}) {
    input_.open(file("far.mp4"));
    input_.play({.from = at(first / 25.0), .to = end < 10 ? at(end) : share(1)});
    until([&] {
      input_.read(1, events_);
      return input_.state().awaited.empty() && input_.index() == first;
    });
    ASSERT_EQ(input_.index(), first);
    std::vector<int> holds;  // the longest of each turn, in frames
    std::map<int64_t, std::vector<float>> seen;
    int held = 0, most = 0;
    auto tick = std::chrono::steady_clock::now();
    for (int64_t last = first; holds.size() < 4; last = input_.index()) {
      std::this_thread::sleep_until(tick += milliseconds(40));
      const Planes* p = input_.read(1, events_);
      const auto [same, fresh] = seen.try_emplace(input_.index(), p->data());
      ASSERT_TRUE(fresh || same->second == p->data()) << input_.index();
      held = input_.index() == last ? held + 1 : 0;
      most = std::max(most, held);
      if (input_.index() < last) holds.push_back(std::exchange(most, 0));
    }
    EXPECT_EQ(seen.begin()->first, first);
    EXPECT_EQ(seen.rbegin()->first, std::lround(25 * end) - 1);
    // a short range may be through once before its first frames are kept
    EXPECT_LE(*std::max_element(holds.begin() + 1, holds.end()), 2) << end;
  }
}

// A session of version 0.1 counts on over the end of its clip.
TEST_F(Clip, OldSessionsCountOn) {
  write_clip(file("short.mkv"), 10);
  ReplayedInput input(kFormat);
  input.apply(OpenInput{file("short.mkv")});
  std::vector<int> seen;
  for (int n = 0; n < 12; ++n) seen.push_back(frame_of(*input.read(1)));
  EXPECT_EQ(seen, (std::vector{0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 0, 1}));
  input.apply(ShowInput{18});
  EXPECT_EQ(frame_of(*input.read(1)), 8);
  EXPECT_EQ(frame_of(*input.read(3)), 1);
  input.apply(ShowInput{4});  // as sessions say it now
  EXPECT_EQ(frame_of(*input.read(1)), 4);
}

// A dialog that was cancelled must not come up again and again.
TEST(InputReader, AScreenThatIsRefusedIsNotAskedForAgain) {
  const std::string address = fmt::format("unix:path=/tmp/reverie-bus-{}", ::getpid());
  FILE* bus = ::popen(("dbus-daemon --session --fork --print-pid --address=" + address).c_str(), "r");
  int process = 0;
  const bool began = std::fscanf(bus, "%d", &process) == 1;
  ::pclose(bus);
  if (!began) GTEST_SKIP() << "dbus-daemon is missing (Debian: dbus-daemon)";
  ::setenv("DBUS_SESSION_BUS_ADDRESS", address.c_str(), 1);  // NOLINT(concurrency-mt-unsafe)
  ::setenv("WAYLAND_DISPLAY", "wayland-9", 1);               // NOLINT(concurrency-mt-unsafe)
  const auto reader = std::make_shared<InputReader>("screen:", kFormat);
  reader->start();
  for (int i = 0; i < 200 && reader->state().trouble.empty(); ++i)
    std::this_thread::sleep_for(milliseconds(20));
  const std::string trouble = reader->state().trouble;
  ::kill(process, SIGTERM);
  ::unsetenv("WAYLAND_DISPLAY");  // NOLINT(concurrency-mt-unsafe)
  if (trouble.find("was built without") != std::string::npos) GTEST_SKIP() << trouble;
  EXPECT_NE(trouble.find("no portal that shows screens"), std::string::npos) << trouble;
  const auto begin = std::chrono::steady_clock::now();
  reader->wait_for_end();  // otherwise a second
  EXPECT_LT(std::chrono::steady_clock::now() - begin, milliseconds(900));
}

}  // namespace
}  // namespace reverie
