#include <fmt/format.h>

#include <gtest/gtest.h>
#include <unistd.h>

#include <chrono>
#include <cmath>
#include <filesystem>
#include <thread>

#include "core/error.h"
#include "core/file.h"
#include "media/picture.h"
#include "media/probe.h"
#include "pipeline/flow_test_help.h"
#include "pipeline/frame_loop.h"
#include "pipeline/queued_sink.h"
#include "pipeline/render.h"
#include "pipeline/sheet.h"

namespace reverie {
namespace {

namespace fs = std::filesystem;

class Render : public testing::Test {
 protected:
  Render() : folder_(fs::temp_directory_path() / fmt::format("reverie-render-{}", ::getpid())) {
    fs::create_directories(folder_);
  }
  ~Render() override { fs::remove_all(folder_); }

  RenderRequest request(const std::string& file) {
    RenderRequest r;
    r.chain.parts[0].preset.values.set("levels", 1);
    r.chain.parts[0].preset.values.set("channels", std::vector<double>{3, 4});
    r.output = (folder_ / file).string();
    r.width = 32;
    r.height = 24;
    r.frames = 6;
    r.quiet = true;
    return r;
  }

  // Decoded frames of a lossless or lossy file, one after the other.
  static std::vector<float> frames_of(const std::string& file) {
    std::vector<float> all;
    const auto source = open_source(file);
    Planes p;
    while (source->read(p)) all.insert(all.end(), p.data().begin(), p.data().end());
    return all;
  }

  fs::path folder_;
};

TEST_F(Render, SamePresetAndSeedGiveTheSameFileForAnyNumberOfThreads) {
  RenderRequest r = request("a.mp4");
  r.threads = 1;
  EXPECT_EQ(render(r).frames, 6);
  r.output = (folder_ / "b.mp4").string();
  r.threads = 3;
  render(r);
  EXPECT_EQ(read_file(folder_ / "a.mp4", 1U << 24U), read_file(folder_ / "b.mp4", 1U << 24U));
  r.output = (folder_ / "c.mkv").string();
  r.seed = 2;
  render(r);
  r.output = (folder_ / "d.mkv").string();
  r.seed = 1;
  render(r);
  EXPECT_NE(frames_of((folder_ / "c.mkv").string()), frames_of((folder_ / "d.mkv").string()));
}

TEST_F(Render, AgainRepeatsIt) {
  RenderRequest r = request("a.mp4");
  r.input = "test:testsrc2";
  r.chain.parts[0].preset.values.set("input", 0.5);
  r.chain.parts[0].preset.input = InputNeed::kOptional;
  r.seed = 0xfedcba9876543210;
  r.fit = Fit::kPad;
  r.loop = true;
  r.start = 0.5;
  r.tempo = 99;
  r.without = {"source"};
  render(r);
  RenderRequest again = request_from_description(probe(r.output).metadata.at("comment"), r.output);
  EXPECT_EQ(again.seed, r.seed);
  EXPECT_EQ(again.input, r.input);
  EXPECT_EQ(again.fit, r.fit);
  EXPECT_EQ(again.start, r.start);
  EXPECT_EQ(again.tempo, r.tempo);
  EXPECT_EQ(again.without, r.without);
  EXPECT_TRUE(again.loop);
  again.output = (folder_ / "b.mp4").string();
  again.quiet = true;
  render(again);
  EXPECT_EQ(read_file(r.output, 1U << 24U), read_file(again.output, 1U << 24U));
}

TEST_F(Render, AFailedRenderLeavesNothing) {
  RenderRequest r = request("a.mp4");
  r.width = 33;  // odd, with 4:2:0
  EXPECT_THROW(render(r), Error);
  r = request("a.mp4");
  r.chain.parts[0].preset.values.set_text("palette", "no-such-palette");
  EXPECT_THROW(render(r), Error);
  r = request("a.mp4");
  r.without = {"no-such-step"};
  EXPECT_THROW(render(r), Error);
  EXPECT_TRUE(fs::is_empty(folder_));
}

TEST_F(Render, APresetThatNeedsAnInputSaysSo) {
  RenderRequest r = request("a.mp4");
  r.chain.parts[0].preset.input = InputNeed::kRequired;
  EXPECT_THROW(render(r), Error);
}

TEST_F(Render, StepsAreTimedAndCanBeSwitchedOff) {
  RenderRequest r = request("a.mkv");
  r.input = "test:smptebars";
  r.check = true;
  r.without = {"feedback"};
  const RenderResult result = render(r);
  ASSERT_EQ(result.steps.size(), 3U);
  EXPECT_EQ(result.steps[0].name, "source");
  EXPECT_EQ(result.steps[0].runs, 6);
  EXPECT_EQ(result.steps[1].runs, 0);
  EXPECT_GT(result.steps[2].total_s, 0);
  // without the effect the input passes through
  SourceOptions options;
  options.width = 32;
  options.height = 24;
  Planes bars;
  open_source("test:smptebars", options)->read(bars);
  Planes first;
  open_source(r.output)->read(first);
  EXPECT_LT(mean_absolute_difference(bars, first), 0.004);
}

// A sink that is slow, and that breaks at one picture.
class Fragile final : public Sink {
 public:
  Fragile(std::vector<float>& seen, int breaks_at) : seen_(seen), breaks_at_(breaks_at) {}
  void write(const Planes& picture) override {
    std::this_thread::sleep_for(std::chrono::milliseconds(1));
    if (static_cast<int>(seen_.size()) == breaks_at_) throw Error("write", "it", "it is full");
    seen_.push_back(picture.at(0, 0, 0));
  }
  void finish() override { seen_.push_back(-1); }
  std::string description() const override { return "fragile"; }

 private:
  std::vector<float>& seen_;
  int breaks_at_;
};

// A ground that moves by (3, -2) pixels a frame; another one from frame 4 on.
Planes moving(int frame) {
  Planes p(3, 72, 96);
  const double other = frame < 4 ? 0 : 1;
  for (int y = 0; y < p.height(); ++y) {
    for (int x = 0; x < p.width(); ++x) {
      const double u = x - 3.0 * frame + 1000 * other;
      const double v = y + 2.0 * frame;
      const double wave = other == 0 ? std::sin(0.31 * u + 0.12 * v) + std::sin(0.17 * v - 0.23 * u + 1)
                                     : std::sin(0.02 * u * v / 20) + std::sin(0.5 * v);
      for (int c = 0; c < 3; ++c) p.at(c, y, x) = static_cast<float>(0.5 + 0.2 * wave);
    }
  }
  return p;
}

struct FlowRun {
  std::vector<Planes> pictures;
  std::vector<StepReport> steps;
};

FlowRun run_with_flow(const Chain& chain, int threads, const std::vector<std::string>& without = {}) {
  FlowRun run;
  FrameLoopSetup setup;
  PlayerSetup player;
  player.width = 96;
  player.height = 72;
  player.threads = threads;
  setup.player = std::make_unique<ChainPlayer>(player, chain);
  setup.without = without;
  int frame = 0;
  Planes picture;
  setup.input = [&](int64_t) {
    picture = moving(frame++);
    return &picture;
  };
  setup.watchers.emplace_back([&](int64_t, const Planes& p) { run.pictures.push_back(p); });
  FrameLoop loop(std::move(setup));
  for (int i = 0; i < 7; ++i) loop.next();
  run.steps = loop.reports();
  return run;
}

TEST(InputFlow, APartThatAsksGetsTheFlowBackToTheLastFrame) {
  const FlowRun run = run_with_flow(shows_flow(), 1);
  const auto shown = [&](size_t frame, int c) { return run.pictures[frame].at(c, 36, 48); };
  for (const size_t frame : {0U, 4U}) {  // the first, and after a cut
    for (int c = 0; c < 3; ++c) EXPECT_EQ(shown(frame, c), 0) << frame;
  }
  for (const size_t frame : {1U, 2U, 3U}) {
    EXPECT_NEAR(shown(frame, 0), 0.5 - 3.0 / 64, 0.01);
    EXPECT_NEAR(shown(frame, 1), 0.5 + 2.0 / 64, 0.01);
    EXPECT_GT(shown(frame, 2), 0.9);
  }
  EXPECT_GT(shown(5, 0), 0);
  EXPECT_EQ(run.steps[1].name, "input.flow");
  EXPECT_EQ(run.steps[1].runs, 7);
  const FlowRun again = run_with_flow(shows_flow(), 3);
  for (size_t i = 0; i < run.pictures.size(); ++i)
    EXPECT_EQ(run.pictures[i].data(), again.pictures[i].data()) << i;
}

TEST(InputFlow, IsThatOfTheInputForEveryPart) {
  Chain chain(Preset("grade"));
  chain.parts[0].preset.values.set_text("flip", "horizontal");
  append(chain, shows_flow());
  EXPECT_NEAR(run_with_flow(chain, 1).pictures[2].at(0, 36, 48), 0.5 - 3.0 / 64, 0.01);
}

TEST(InputFlow, ChainsThatDoNotAskPayNothing) {
  Chain chain(shows_flow(false));
  Preset bypassed = shows_flow();
  bypassed.values.set("bypass", 1);
  append(chain, bypassed);
  const FlowRun run = run_with_flow(chain, 1);
  for (const StepReport& step : run.steps) EXPECT_NE(step.name, "input.flow");
  for (const float v : run.pictures[2].data()) ASSERT_EQ(v, 0);
  const FlowRun off = run_with_flow(shows_flow(), 1, {"input.flow"});
  for (const float v : off.pictures[2].data()) ASSERT_EQ(v, 0);
  EXPECT_THROW(run_with_flow(chain, 1, {"input.flow"}), Error);
}

TEST(QueuedSink, KeepsEveryPictureInOrder) {
  std::vector<float> seen;
  QueuedSink sink(std::make_unique<Fragile>(seen, -1));
  for (int i = 0; i < 30; ++i) sink.write(Planes(1, 1, 1, static_cast<float>(i)));
  sink.finish();
  ASSERT_EQ(seen.size(), 31U);
  for (int i = 0; i < 30; ++i) EXPECT_EQ(seen[static_cast<size_t>(i)], static_cast<float>(i));
  EXPECT_EQ(seen.back(), -1);
}

TEST(QueuedSink, AFailureComesOutAndTheRestIsNotFinished) {
  std::vector<float> seen;
  QueuedSink sink(std::make_unique<Fragile>(seen, 3));
  EXPECT_THROW(
      {
        for (int i = 0; i < 30; ++i) sink.write(Planes(1, 1, 1, 0.0F));
        sink.finish();
      },
      Error);
  EXPECT_EQ(seen.size(), 3U);
}

TEST(Step, CheckFindsAWrongSample) {
  Step step("effect");
  step.check_results();
  Planes p(3, 4, 4, 0.5F);
  step.run(
      0, [] {}, &p);
  p.at(1, 2, 3) = std::nanf("");
  try {
    step.run(
        7, [] {}, &p);
    FAIL();
  } catch (const Error& e) {
    EXPECT_STREQ(e.what(), "cannot check effect: frame 7: nan at channel 1, row 2, column 3");
  }
}

TEST_F(Render, SheetKeepsFirstAndLastOfManyFrames) {
  SheetMaker maker(4, 3, 8);
  for (int i = 0; i < 1000; ++i) maker.add(i, Planes(3, 8, 8, static_cast<float>(i) / 1000));
  const Planes sheet = maker.sheet();
  EXPECT_EQ(sheet.width(), 4 * 12 - 4);
  EXPECT_EQ(sheet.height(), 3 * 12 - 4);
  EXPECT_FLOAT_EQ(sheet.at(0, 0, 0), 0);
  EXPECT_GT(sheet.at(0, 24, 36), 0.93F);
}

}  // namespace
}  // namespace reverie
