#include <fmt/format.h>

#include <gtest/gtest.h>
#include <unistd.h>

#include <chrono>
#include <filesystem>
#include <thread>

#include "core/error.h"
#include "core/file.h"
#include "media/picture.h"
#include "media/probe.h"
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
