// Sets that are played, and made again from their sessions.
#include "pipeline/live.h"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <chrono>
#include <fstream>
#include <map>
#include <mutex>
#include <random>
#include <thread>

#include "control/desk.h"
#include "core/error.h"
#include "core/test_help.h"
#include "media/picture.h"
#include "pipeline/flow_test_help.h"
#include "pipeline/replay.h"

namespace reverie {
namespace {

using std::chrono::milliseconds;

class Live : public testing::Test {
 protected:
  std::string file(const std::string& name) const { return (folder_.path() / name).string(); }

  LiveRequest request() const {
    LiveRequest r;
    r.chain.parts[0].preset.values.set("levels", 1);
    r.chain.parts[0].preset.values.set("channels", std::vector<double>{3, 4});
    r.chain.parts[0].preset.values.set("input", 0.3);
    r.width = 48;
    r.height = 32;
    r.fps = 40;
    r.threads = 1;
    r.kernel = "cpu";
    r.session = file("a.session");
    r.check = true;
    return r;
  }

  static std::vector<std::vector<float>> frames_of(const std::string& file) {
    std::vector<std::vector<float>> all;
    const auto source = open_source(file);
    for (Planes p; source->read(p);) all.push_back(p.data());
    return all;
  }

  std::vector<std::vector<float>> replayed(const std::string& name, int threads) const {
    ReplayRequest r{read_session(file("a.session")), file(name)};
    r.threads = threads;
    r.quiet = true;
    replay(r);
    return frames_of(file(name));
  }

  TemporaryFolder folder_;
};

// What a wild performer does.
void play_wildly(LiveSet& set, Desk& desk, milliseconds length) {
  std::mt19937 draws(7);
  const auto end = std::chrono::steady_clock::now() + length;
  const auto pick = [&](int n) { return static_cast<int>(draws() % static_cast<unsigned>(n)); };
  while (std::chrono::steady_clock::now() < end) {
    switch (pick(10)) {
      case 0:
        desk.step(1);
        break;
      case 1:
        desk.new_noise();
        break;
      case 2:
        desk.new_weights();
        break;
      case 3:
        desk.undo();
        break;
      case 4:
        set.send(OpenInput{pick(2) ? "test:testsrc2" : ""});
        break;
      case 5:
        desk.randomize(0.1);
        break;
      case 6:
        set.send(SetParameter{"gain", "1e9"});  // refused, and then nowhere
        break;
      default:
        desk.set_share("hue", -1, 0.4 + 0.02 * pick(10));
        desk.set_share("gain", pick(2) - 1, 0.05 + 0.01 * pick(10));
    }
    std::this_thread::sleep_for(milliseconds(20 + pick(120)));
  }
}

TEST_F(Live, ASetIsMadeAgainFrameByFrame) {
  LiveRequest r = request();
  r.also = {file("live.mkv")};
  r.signals = [](double seconds, const Signals&) {
    Signals s = silent_signals(seconds, 100);
    s.bass = static_cast<float>(static_cast<int>(seconds * 8) % 3) / 3;
    return s;
  };
  int64_t made = 0;
  {
    LiveSet set(r);
    Desk desk(r.chain, r.seed, [&](Event e) { set.send(std::move(e)); });
    set.on_refused([&](const std::string&, const Chain& c) { desk.refused(c); });
    desk.set_fade(0.4);
    play_wildly(set, desk, milliseconds(4000));
    set.stop();
    set.wait();
    made = set.status().frames;
  }
  const auto live = frames_of(file("live.mkv"));
  EXPECT_GT(made, 20);
  EXPECT_GE(static_cast<int64_t>(live.size()), made);  // held where the clock was faster
  const auto once = replayed("once.mkv", 1);
  const auto twice = replayed("twice.mkv", 3);
  EXPECT_TRUE(once == twice);
  ASSERT_EQ(once.size(), live.size());
  for (size_t i = 0; i < live.size(); ++i) ASSERT_TRUE(live[i] == once[i]) << "frame " << i;
}

TEST_F(Live, TheFlowOfTheInputIsTheSameAgain) {
  LiveRequest r = request();
  r.chain = Chain(shows_flow());
  r.also = {file("live.mkv")};
  r.input = "test:testsrc2";
  {
    LiveSet set(r);
    std::this_thread::sleep_for(milliseconds(600));
    set.send(SetParameter{"bypass", "on"});
    std::this_thread::sleep_for(milliseconds(1500));
    set.send(SetParameter{"bypass", "off"});
    std::this_thread::sleep_for(milliseconds(1500));
    set.stop();
    set.wait();
  }
  const auto live = frames_of(file("live.mkv"));
  EXPECT_TRUE(std::any_of(live.begin(), live.end(), [](const std::vector<float>& frame) {
    return std::any_of(frame.begin(), frame.end(), [](float v) { return v > 0.5F; });
  }));
  const auto again = replayed("again.mkv", 3);
  ASSERT_EQ(again.size(), live.size());
  for (size_t i = 0; i < live.size(); ++i) ASSERT_TRUE(live[i] == again[i]) << "frame " << i;
}

// What a performer does to a chain.
void play_with_parts(LiveSet& set, Desk& desk, milliseconds length) {
  std::mt19937 draws(11);
  const auto end = std::chrono::steady_clock::now() + length;
  const auto pick = [&](int n) { return static_cast<int>(draws() % static_cast<unsigned>(n)); };
  while (std::chrono::steady_clock::now() < end) {
    const std::vector<std::string> parts = desk.chain().part_names();
    const std::string& part = parts[draws() % parts.size()];
    try {
      switch (pick(11)) {
        case 0:
          desk.add_part(pick(2) ? "grade" : "feedback", draws() % (parts.size() + 1));
          break;
        case 1:
          desk.remove_part(part);
          break;
        case 2:
        case 3:
          desk.move_part(part, draws() % parts.size());
          break;
        case 4:
        case 5:
          desk.bypass(part, pick(2) != 0);
          break;
        case 6:
          pick(2) ? desk.undo() : desk.redo();
          break;
        case 7:
          pick(2) ? desk.blackout(pick(2) != 0) : desk.freeze(pick(2) != 0);
          break;
        case 8:
          desk.load(pick(2) ? "veil" : "first-light");
          break;
        case 9:
          set.send(RemovePart{"nobody", 0});  // refused, and then nowhere
          desk.new_noise(pick(2) ? part : "");
          break;
        default:
          desk.set(part + ".mix", fmt::format("{}", 0.1 * pick(11)));
      }
    } catch (const Error&) {
      // the last part cannot be removed
    }
    std::this_thread::sleep_for(milliseconds(20 + pick(150)));
  }
  desk.blackout(false);
  desk.freeze(false);
}

TEST_F(Live, ASetOfPartsThatComeGoMoveAndAreBypassedIsMadeAgain) {
  LiveRequest r = request();
  append(r.chain, Preset("grade"));
  append(r.chain, r.chain.parts[0].preset);
  r.chain.parts[1].preset.values.set("saturation", 2);
  r.chain.parts[1].preset.followers.push_back(
      {.parameter = "brightness", .signal = "grade.motion", .depth = 0.2});
  r.also = {file("live.mkv")};
  r.input = "test:testsrc2";
  {
    LiveSet set(r);
    Desk desk(r.chain, r.seed, [&](Event e) { set.send(std::move(e)); });
    set.on_refused([&](const std::string&, const Chain& c) { desk.refused(c); });
    desk.set_fade(0.4);
    play_with_parts(set, desk, milliseconds(5000));
    std::this_thread::sleep_for(milliseconds(600));
    set.stop();
    set.wait();
  }
  const Session session = read_session(file("a.session"));
  const auto count = [&](auto of) {
    return std::count_if(session.events.begin(), session.events.end(),
                         [](const TimedEvent& e) { return std::holds_alternative<decltype(of)>(e.event); });
  };
  EXPECT_GT(count(MovePart()), 0);
  EXPECT_GT(count(RemovePart()) + count(AddPart()), 0);
  const auto live = frames_of(file("live.mkv"));
  const auto once = replayed("once.mkv", 1);
  EXPECT_TRUE(once == replayed("twice.mkv", 3));
  ASSERT_EQ(once.size(), live.size());
  for (size_t i = 0; i < live.size(); ++i) ASSERT_TRUE(live[i] == once[i]) << "frame " << i;
}

TEST_F(Live, ASetWithACrossfaderIsMadeAgain) {
  LiveRequest r = request();
  r.also = {file("live.mkv")};
  {
    LiveSet set(r);
    Desk desk(r.chain, r.seed, [&](Event e) { set.send(std::move(e)); });
    set.on_refused([&](const std::string&, const Chain& c) { desk.refused(c); });
    std::mt19937 draws(5);
    for (int i = 0; i < 60; ++i) {
      if (i % 20 == 5) desk.cue(i % 3 == 0 ? "smoke" : "veil");
      const double at = i % 20 < 8 ? 0 : i % 20 > 15 ? 1 : (i % 20 - 8) / 7.0;
      desk.set_share("set.crossfader", -1, (i / 20) % 2 == 0 ? at : 1 - at);
      if (draws() % 8 == 0) desk.load("marble", 0.2);
      if (draws() % 3 == 0) desk.set_share("gain", -1, 0.1 + 0.01 * static_cast<double>(draws() % 20));
      std::this_thread::sleep_for(milliseconds(70));
    }
    set.stop();
    set.wait();
  }
  const Session session = read_session(file("a.session"));
  const auto count = [&](auto of) {
    return std::count_if(session.events.begin(), session.events.end(),
                         [](const TimedEvent& e) { return std::holds_alternative<decltype(of)>(e.event); });
  };
  EXPECT_GT(count(BeginCue()), 1);
  EXPECT_GT(count(Crossfade()), 20);
  const auto live = frames_of(file("live.mkv"));
  const auto once = replayed("once.mkv", 2);
  ASSERT_EQ(once.size(), live.size());
  for (size_t i = 0; i < live.size(); ++i) ASSERT_TRUE(live[i] == once[i]) << "frame " << i;
}

TEST_F(Live, WhatCouldNotBeMadeIsNotMadeAgainEither) {
  LiveRequest r = request();
  r.also = {file("live.mkv")};
  {
    LiveSet set(r);
    Desk desk(r.chain, r.seed, [&](Event e) { set.send(std::move(e)); });
    std::atomic<int> refusals{0};
    set.on_refused([&](const std::string&, const Chain& c) {
      desk.refused(c);
      ++refusals;
    });
    folder_.write("bad.safetensors", "12345");
    desk.load_weights(file("bad.safetensors"));
    while (refusals == 0) std::this_thread::sleep_for(milliseconds(5));
    EXPECT_EQ(desk.preset().values.text("weights"), "normal");
    const int64_t frame = set.status().frames;
    desk.set("channels", "3,6");
    while (!set.status().fading) std::this_thread::sleep_for(milliseconds(5));
    while (set.status().frames < frame + 30) std::this_thread::sleep_for(milliseconds(5));
    set.stop();
    set.wait();
  }
  EXPECT_TRUE(frames_of(file("live.mkv")) == replayed("again.mkv", 2));
}

TEST_F(Live, ARecordingIsNeverWrittenOverAnother) {
  const LiveRequest r = request();
  LiveSet set(r);
  folder_.write("take.mkv", "precious");
  EXPECT_NE(message_of([&] { set.start_recording(file("take.mkv")); }).find("already exists"),
            std::string::npos);
  set.start_recording(file("other.mkv"));
  EXPECT_NE(message_of([&] { set.start_recording(file("other.mkv")); }).find("being written"),
            std::string::npos);
}

TEST_F(Live, AKnobActsWithinTwoFrames) {
  LiveRequest r = request();
  LiveSet set(r);
  while (set.status().frames < 5) std::this_thread::sleep_for(milliseconds(1));
  const auto before = set.newest(-1);
  set.send(SetParameter{"view_gain", "0"});
  std::shared_ptr<const LiveSet::Shown> now = before;
  while (now->picture.data()[0] != 0.5F) {
    now = set.newest(-1);
    ASSERT_LE(now->frame,
              before->frame + 3);  // the picture before may be a frame old when the knob is turned
  }
}

// After a dear frame the cheap ones are shown as late as that one was: the pace stays even.
TEST_F(Live, PicturesAreShownAtAnEvenPace) {
  using Clock = std::chrono::steady_clock;
  constexpr int64_t kDear = 3;
  constexpr int64_t kLast = 6;
  LiveRequest r = request();
  r.fps = 10;
  std::mutex mutex;
  std::map<int64_t, Clock::time_point> begun;
  int64_t frame = 0;
  r.signals = [&](double seconds, const Signals&) {
    {
      const std::lock_guard lock(mutex);
      begun[frame] = Clock::now();
    }
    if (frame++ == kDear) std::this_thread::sleep_for(milliseconds(60));
    return silent_signals(seconds, 100);
  };
  LiveSet set(r);
  int64_t compared = 0;
  for (int64_t last = -1; last < kLast;) {
    const auto shown = set.newest(last);
    const Clock::time_point now = Clock::now();
    std::this_thread::sleep_for(milliseconds(1));
    if (!shown) continue;
    last = shown->frame;
    const std::lock_guard lock(mutex);
    if (last <= kDear || !begun.count(last)) continue;
    EXPECT_GE(now - begun[last], milliseconds(50)) << last;
    ++compared;
  }
  EXPECT_GT(compared, 0);
}

TEST_F(Live, AnInputThatIsNotThereDelaysNobody) {
  LiveRequest r = request();
  r.input = file("late.y4m");
  LiveSet set(r);
  while (set.status().frames < 20) std::this_thread::sleep_for(milliseconds(1));
  EXPECT_EQ(set.status().input.awaited, r.input);
  EXPECT_NE(set.status().input.awaited_trouble, "");
  EXPECT_EQ(set.status().input.spec, "");
  // it comes, and goes
  std::ofstream(file("late.y4m"), std::ios::binary)
      << "YUV4MPEG2 W16 H16 F25:1 C444\nFRAME\n" + std::string(768, '\x80');
  for (int i = 0; i < 400 && set.status().input.spec.empty(); ++i)
    std::this_thread::sleep_for(milliseconds(10));
  EXPECT_EQ(set.status().input.spec, r.input);
  EXPECT_EQ(set.status().input.trouble, "");
  set.send(OpenInput{""});
  for (int i = 0; i < 400 && !set.status().input.spec.empty(); ++i)
    std::this_thread::sleep_for(milliseconds(10));
  EXPECT_EQ(set.status().input.spec, "");
}

TEST(LiveInputState, ItsRateIsMeasuredByTheClock) {
  LiveInput input({32, 24, 25, Fit::kCrop, Deinterlace::kAuto});
  input.open("test:testsrc2");
  EXPECT_EQ(input.state().awaited, "test:testsrc2");
  std::vector<Event> events;
  for (int i = 0; i < 400 && !input.read(1, events); ++i) std::this_thread::sleep_for(milliseconds(10));
  EXPECT_GT(input.state().fps, 0);
  EXPECT_EQ(input.state().awaited, "");
  std::this_thread::sleep_for(milliseconds(1200));  // nobody takes its frames
  EXPECT_EQ(input.state().fps, 0);
  input.open("nosuch.mp4");
  for (int i = 0; i < 400 && input.state().awaited_trouble.empty(); ++i)
    std::this_thread::sleep_for(milliseconds(10));
  EXPECT_EQ(input.state().spec, "test:testsrc2");  // goes on, and is not to blame
  EXPECT_EQ(input.state().trouble, "");
}

TEST_F(Live, ASessionIsNeverWrittenOverAnother) {
  const LiveRequest r = request();
  folder_.write("a.session", "precious");
  EXPECT_NE(message_of([&] { const LiveSet set(r); }).find("never overwrites"), std::string::npos);
}

TEST_F(Live, AWrongSinkIsAnErrorBeforeAnythingBegins) {
  LiveRequest r = request();
  r.also = {file("nowhere/x.mkv"), "x.unknown"};
  EXPECT_NE(message_of([&] { const LiveSet set(r); }), "");
  EXPECT_FALSE(std::filesystem::exists(file("a.session")));
}

// What the command line said of the input holds when the set is made again, in another folder too.
TEST_F(Live, TheSessionKnowsHowItsInputWasShown) {
  Planes wide(3, 16, 64);
  for (int c = 0; c < 3; ++c) {
    for (int y = 0; y < 16; ++y) std::fill_n(wide.row(c, y), 64, 0.1F * static_cast<float>(c + y % 7));
  }
  write_picture(file("wide.png"), wide);
  LiveRequest r = request();
  r.fit = Fit::kPad;
  r.input = std::filesystem::relative(file("wide.png")).string();
  r.also = {file("live.mkv")};
  r.seconds = 0.5;
  {
    LiveSet set(r);
    set.wait();
    EXPECT_FALSE(set.status().output_failed);
  }
  const Session session = read_session(file("a.session"));
  bool opened = false;
  for (const TimedEvent& e : session.events) {
    if (const auto* input = std::get_if<OpenInput>(&e.event)) {
      opened = true;
      EXPECT_TRUE(std::filesystem::path(input->spec).is_absolute()) << input->spec;
    }
  }
  EXPECT_TRUE(opened);
  EXPECT_TRUE(frames_of(file("live.mkv")) == replayed("again.mkv", 1));
}

TEST_F(Live, ASinkThatFailedIsToldAtTheEnd) {
  LiveRequest r = request();
  std::filesystem::create_directories(file("pictures/5.png"));  // in the way
  r.also = {file("pictures/%d.png")};
  LiveSet set(r);
  while (set.status().recordings.at(0).failure.empty()) std::this_thread::sleep_for(milliseconds(5));
  set.stop();
  set.wait();
  EXPECT_TRUE(set.status().output_failed);
}

TEST_F(Live, AStartingPictureThatIsGoneStopsNobody) {
  write_picture(file("start.png"), Planes(3, 8, 8, 0.7F));
  LiveRequest r = request();
  r.chain.parts[0].preset.values.set_text("init_picture", file("start.png"));
  LiveSet set(r);
  while (set.status().frames < 3) std::this_thread::sleep_for(milliseconds(5));
  std::filesystem::remove(file("start.png"));
  set.send(NewNoise{3});
  Preset other = r.chain.parts[0].preset;
  other.values.set_text("init_picture", file("gone.png"));
  set.send(ChangePreset{other, r.seed, 0});
  set.send(NewNoise{4});
  const int64_t before = set.status().frames;
  while (set.status().frames < before + 3 && !set.over()) std::this_thread::sleep_for(milliseconds(5));
  EXPECT_FALSE(set.over());
  set.stop();
  set.wait();
}

TEST_F(Live, ItEndsByItself) {
  LiveRequest r = request();
  r.seconds = 0.5;
  LiveSet set(r);
  set.wait();
  EXPECT_TRUE(set.over());
  EXPECT_EQ(set.status().frames + set.status().skipped, 20);
}

TEST_F(Live, AStrangersSessionOpensNoCamera) {
  SessionStart start(request().chain);
  start.width = start.height = 16;
  start.kernel = "cpu";
  const std::string text =
      format_session_start(start) + format_event({0, OpenInput{"camera:0"}}) + format_reached(3);
  ReplayRequest r{parse_session(text, "x.session"), file("x.mkv")};
  r.quiet = true;
  EXPECT_NE(message_of([&] { replay(r); }).find("cannot be replayed"), std::string::npos);
  EXPECT_FALSE(std::filesystem::exists(file("x.mkv")));
  r.input = "test:testsrc2";
  EXPECT_EQ(replay(r).frames, 3);
}

TEST(FrameTimesTest, PercentilesAreWithinOnePercent) {
  FrameTimes times;
  EXPECT_EQ(times.percentile(0.5), 0);
  for (int i = 1; i <= 1000; ++i) times.add(i * 0.1);
  EXPECT_NEAR(times.percentile(0.5), 50, 0.5);
  EXPECT_NEAR(times.percentile(0.99), 99, 1);
  times.add(1e9);
  times.add(0);
  EXPECT_EQ(times.count(), 1002);
}

// A sink of the test's own.
struct TestSink final : Sink {
  explicit TestSink(int64_t& frames_, milliseconds each_, bool full_ = false)
      : frames(frames_), each(each_), full(full_) {}
  void write(const Planes& /*picture*/) override {
    std::this_thread::sleep_for(each);
    if (full && frames > 3) throw Error("write", "x", "the disk is full");
    ++frames;
  }
  void hold(int64_t n) override { frames += n; }
  void finish() override {}
  std::string salvage() override { return "x.partial"; }
  std::string description() const override { return "test"; }

  int64_t& frames;
  milliseconds each;
  bool full;
};

TEST(RecorderTest, WhatCannotKeepUpGetsFewerPicturesAndTheSameTime) {
  int64_t frames = 0;
  const Planes picture(3, 8, 8, 0.5F);
  Recorder recorder("slow", size_t{64} << 20U,
                    [&] { return std::make_unique<TestSink>(frames, milliseconds(20)); });
  const auto begin = std::chrono::steady_clock::now();
  for (int i = 0; i < 100; ++i) {
    recorder.write(picture);
    std::this_thread::sleep_for(milliseconds(4));
  }
  EXPECT_LT(std::chrono::steady_clock::now() - begin, milliseconds(1500));  // 100 * 20 ms if it waited
  recorder.finish();
  while (!recorder.state().over) std::this_thread::sleep_for(milliseconds(1));
  EXPECT_EQ(frames, 100);
  EXPECT_GT(recorder.state().left_out, 10);
  EXPECT_EQ(recorder.state().frames + recorder.state().left_out, 100);
}

// A recording on a disk that fills up before its end is written.
TEST(RecorderTest, WhatFailsAtTheEndIsSalvagedToo) {
  const TemporaryFolder folder;
  struct FullAtTheEnd final : Sink {
    explicit FullAtTheEnd(const std::string& file) : real(open_sink(file, options())) {}
    static SinkOptions options() {
      SinkOptions o;
      o.width = o.height = 16;
      o.durable = true;
      return o;
    }
    void write(const Planes& picture) override { real->write(picture); }
    void finish() override { throw Error("write", "x", "the disk is full"); }
    std::string salvage() override { return real->salvage(); }
    std::string description() const override { return "full"; }
    std::unique_ptr<Sink> real;
  };
  Recorder recorder("full", 1000,
                    [&] { return std::make_unique<FullAtTheEnd>((folder.path() / "a.mp4").string()); });
  for (int i = 0; i < 100; ++i) recorder.write(Planes(3, 16, 16, 0.5F));
  recorder.wait();
  EXPECT_NE(recorder.state().failure.find("the disk is full"), std::string::npos);
  EXPECT_FALSE(recorder.state().over);
  int left = 0;
  for (const auto& entry : std::filesystem::directory_iterator(folder.path())) {
    ++left;
    EXPECT_GT(open_source(entry.path().string())->info().frames.value_or(0), 10);
  }
  EXPECT_EQ(left, 1);
}

TEST(RecorderTest, AFullDiskEndsItAndNothingElse) {
  int64_t frames = 0;
  const Planes picture(3, 8, 8, 0.5F);
  Recorder recorder("full", 1000, [&] { return std::make_unique<TestSink>(frames, milliseconds(0), true); });
  for (int i = 0; i < 50; ++i) {
    recorder.write(picture);
    std::this_thread::sleep_for(milliseconds(1));
  }
  EXPECT_NE(recorder.state().failure.find("the disk is full"), std::string::npos);
  EXPECT_EQ(recorder.state().frames, 4);
  recorder.finish();
}

}  // namespace
}  // namespace reverie
