#include <fmt/format.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <atomic>
#include <cmath>
#include <filesystem>
#include <fstream>
#include <limits>

#include "core/error.h"
#include "core/file.h"
#include "core/fit.h"
#include "core/memory.h"
#include "core/parallel.h"
#include "core/planes.h"
#include "core/progress.h"
#include "core/random.h"
#include "core/state.h"
#include "core/text.h"

namespace reverie {
namespace {

namespace fs = std::filesystem;

class TempFolder {
 public:
  TempFolder() : path_(fs::temp_directory_path() / fmt::format("reverie-core-{}", ::getpid())) {
    fs::create_directories(path_);
  }
  ~TempFolder() { fs::remove_all(path_); }
  TempFolder(const TempFolder&) = delete;
  TempFolder& operator=(const TempFolder&) = delete;
  fs::path operator/(const char* name) const { return path_ / name; }

 private:
  fs::path path_;
};

TEST(Error, SaysWhatToWhatWhyAndWhatToDoInOneLine) {
  EXPECT_STREQ(Error("read", "a\nb.mp4", "no such file", "check the name").what(),
               "cannot read a b.mp4: no such file (check the name)");
}

TEST(Text, NearestWord) {
  EXPECT_EQ(nearest("zom", {"gain", "zoom", "tblur"}), "zoom");
  EXPECT_EQ(nearest("qqqqqq", {"gain", "zoom"}), "");
  EXPECT_EQ(nearest("pre", {"render", "presets"}), "presets");
}

TEST(Text, NaturalOrder) {
  EXPECT_TRUE(natural_less("frame9.png", "frame10.png"));
  EXPECT_TRUE(natural_less("a2b3", "a2b10"));
  EXPECT_FALSE(natural_less("b1", "a2"));
  EXPECT_TRUE(natural_less("f01", "f1"));  // equal numbers: the order is still well defined
  EXPECT_FALSE(natural_less("f1", "f1"));
}

TEST(Text, NumbersAreWholeWords) {
  EXPECT_EQ(to_number(" 1.5 "), 1.5);
  EXPECT_EQ(to_number("+2"), 2.0);
  EXPECT_FALSE(to_number("1.5x"));
  EXPECT_FALSE(to_number(""));
}

TEST(Threads, ManyShortLoopsLoseAndDoubleNothing) {
  Threads threads(4);
  std::vector<int> done(50);
  for (int loop = 0; loop < 3000; ++loop) {
    const int n = loop % 50;
    std::fill(done.begin(), done.end(), 0);
    threads.each(n, [&](int i) { ++done[static_cast<size_t>(i)]; });
    for (int i = 0; i < 50; ++i) ASSERT_EQ(done[static_cast<size_t>(i)], i < n ? 1 : 0) << loop;
  }
}

TEST(Threads, EveryPieceOnceAndExceptionsComeBack) {
  Threads threads(3);
  std::vector<int> hits(1000, 0);
  for (int round = 0; round < 50; ++round) threads.each(1000, [&](int i) { ++hits[static_cast<size_t>(i)]; });
  EXPECT_EQ(std::count(hits.begin(), hits.end(), 50), 1000);
  EXPECT_THROW(threads.each(10,
                            [](int i) {
                              if (i == 7) throw Error("seven");
                            }),
               Error);
  std::atomic<int> after{0};
  threads.each(5, [&](int) { ++after; });
  EXPECT_EQ(after, 5);
}

TEST(Random, UniformAndNormalHaveTheirMoments) {
  Random r(7);
  double mean = 0, square = 0, normal = 0, normal_square = 0;
  constexpr int kDraws = 100000;
  for (int i = 0; i < kDraws; ++i) {
    const double u = r.split(3).signed_at(static_cast<uint64_t>(i));
    mean += u / kDraws;
    square += u * u / kDraws;
    const double n = r.normal();
    normal += n / kDraws;
    normal_square += n * n / kDraws;
  }
  EXPECT_NEAR(mean, 0, 0.01);
  EXPECT_NEAR(square, 1.0 / 3, 0.01);
  EXPECT_NEAR(normal, 0, 0.02);
  EXPECT_NEAR(normal_square, 1, 0.02);
}

TEST(Fit, CropsPadsAndStretches) {
  // a ramp across, 4 wide and 2 high
  Planes ramp(1, 2, 4);
  for (int y = 0; y < 2; ++y) {
    for (int x = 0; x < 4; ++x) ramp.at(0, y, x) = static_cast<float>(x);
  }
  const Planes cropped = fit_picture(ramp, 2, 2, Fit::kCrop);
  EXPECT_EQ(cropped.data(), (std::vector<float>{1, 2, 1, 2}));
  const Planes padded = fit_picture(ramp, 4, 4, Fit::kPad);
  EXPECT_EQ(padded.at(0, 0, 3), 0);
  EXPECT_EQ(padded.at(0, 1, 3), 3);
  EXPECT_EQ(padded.at(0, 2, 1), 1);
  EXPECT_EQ(padded.at(0, 3, 3), 0);
  EXPECT_EQ(fit_picture(ramp, 2, 4, Fit::kPad).data(), ramp.data());
  const Planes stretched = fit_picture(ramp, 8, 4, Fit::kStretch);
  EXPECT_EQ(stretched.at(0, 7, 3), 3);
  // a line of one pixel keeps one pixel
  EXPECT_EQ(fit_picture(Planes(1, 1, 300), 10, 10, Fit::kPad).height(), 10);
  EXPECT_EQ(fit_picture(Planes(1, 300, 1), 10, 10, Fit::kCrop).width(), 10);
  EXPECT_EQ(cut_out(ramp, 1, 1, 2, 1).data(), (std::vector<float>{1, 2}));
}

TEST(Planes, ResizeKeepsAConstantAndTheMean) {
  Planes p(1, 8, 12, 0.25F);
  for (const auto& [h, w] : {std::pair{3, 5}, std::pair{16, 30}}) {
    const Planes sized = resize(p, h, w);
    for (const float v : sized.data()) EXPECT_NEAR(v, 0.25F, 1e-6);
  }
  p.at(0, 4, 4) = 1.25F;
  double sum = 0;
  const Planes half = resize(p, 4, 6);
  for (const float v : half.data()) sum += v;
  EXPECT_NEAR(sum / 24, 0.25 + 1.0 / 96, 1e-4);
}

TEST(File, AppearsWholeOrNotAtAll) {
  const TempFolder folder;
  const fs::path path = folder / "a.txt";
  {
    const PartialFile file(path);
    std::ofstream(file.partial()) << "half";
    EXPECT_TRUE(fs::exists(file.partial()));
  }
  EXPECT_FALSE(fs::exists(path));
  EXPECT_FALSE(fs::exists(partial_name(path)));
  const std::vector<uint8_t> bytes = {'h', 'i'};
  write_file(path, bytes);
  EXPECT_EQ(read_text_file(path), "hi");
  EXPECT_THROW(read_file(path, 1), Error);
  EXPECT_THROW(read_file(folder / "none", 1), Error);
}

TEST(Progress, Durations) {
  EXPECT_EQ(format_duration(7), "0:07");
  EXPECT_EQ(format_duration(3909), "1:05:09");
}

TEST(Memory, TheMachineHasSome) {
  EXPECT_GT(memory_bytes(), 1e8);
  EXPECT_GT(available_memory_bytes(), 1e6);
  EXPECT_LE(available_memory_bytes(), memory_bytes());
}

TEST(State, ComesBackWithTheSameBits) {
  const double odd = std::nextafter(1.0 / 3, 1);
  State inner;
  inner.put_numbers("some", {odd, -0.0, 1e-310, 1e308, std::numeric_limits<double>::infinity()});
  inner.put_seed("seed", UINT64_MAX);
  inner.put("planes", Planes(2, 3, 4, 0.1F));
  inner.put("none", Planes());
  State all;
  all.put_part("inner", inner);
  all.put_number("inner2", 5);
  const State back = all.part("inner");
  EXPECT_EQ(back.numbers("some")[0], odd);
  EXPECT_TRUE(std::signbit(back.numbers("some")[1]));
  EXPECT_EQ(back.numbers("some", 5)[2], 1e-310);
  EXPECT_EQ(back.numbers("some")[4], std::numeric_limits<double>::infinity());
  EXPECT_EQ(back.seed("seed"), UINT64_MAX);
  EXPECT_EQ(back.planes("planes", 2, 3, 4).data(), Planes(2, 3, 4, 0.1F).data());
  EXPECT_TRUE(back.planes("none").empty());
  EXPECT_FALSE(back.has("inner2"));
}

TEST(State, WhatDoesNotFitIsAnError) {
  State s;
  s.put_text("word", "hello");
  s.put("flat", State::Samples{{6}, std::vector<float>(6)});
  s.put("huge", State::Samples{{1 << 30, 1 << 30, 1 << 30}, std::vector<float>(6)});
  EXPECT_THROW(s.whole("word"), Error);
  EXPECT_THROW(s.number("word"), Error);
  EXPECT_THROW(s.numbers("word"), Error);
  EXPECT_THROW(s.whole("none"), Error);
  EXPECT_THROW(s.planes("flat"), Error);
  EXPECT_THROW(s.planes("huge"), Error);
  EXPECT_THROW(s.planes("flat", 1, 2, 3), Error);
}

}  // namespace
}  // namespace reverie
