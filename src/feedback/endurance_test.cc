// Odd sizes of every kind, and long runs with arbitrary parameters.
#include <gtest/gtest.h>
#include <unistd.h>

#include <cmath>
#include <cstdlib>
#include <fstream>

#include "feedback/engine.h"

namespace reverie {
namespace {

Planes random_planes(int channels, int height, int width, Random random) {
  Planes p(channels, height, width);
  for (size_t i = 0; i < p.data().size(); ++i) p.data()[i] = 0.5F + 0.5F * random.signed_at(i);
  return p;
}

TEST(Sizes, BothKernelsAgreeAtAnySize) {
  ParameterValues v(feedback_parameters());
  v.set("channels", std::vector<double>{3, 8, 16, 20});
  v.set("gain", 0.9);
  v.set("self", 0.4);
  v.set("rotate", 3);
  v.set("home_rate", 0.1);
  v.set("input", std::vector<double>{0.2, 0, 0.2});
  v.set("home_centre", 0.5);  // a level of one sample would have nothing left but rounding errors
  Threads threads(2);
  for (const auto& [height, width] : {std::pair{16, 16}, std::pair{17, 23}, std::pair{1, 1}, std::pair{1, 40},
                                      std::pair{40, 1}, std::pair{33, 129}, std::pair{7, 200}}) {
    v.set("advect", height == 1 || width == 1 ? 0 : 0.5);  // the direction there is decided by rounding
    for (const char* pools : {"2", "3,1,2", "4,5,3"}) {
      for (const char* schedule : {"every", "even"}) {
        v.parse("pool_size", pools);
        v.parse("decode_kernel", pools);
        v.set_text("schedule", schedule);
        const Planes input = random_planes(3, height, width, Random(9));
        std::vector<Planes> seen;
        for (const char* kernel : {"cpu", "reference"}) {
          FeedbackEngine engine(make_hourglass(v, Random(5), nullptr), height, width, v, kernel, 3, threads,
                                nullptr);
          for (int frame = 0; frame < 12; ++frame) engine.step(frame, v, &input);
          engine.look(v, seen.emplace_back());
        }
        EXPECT_EQ(seen[0].height(), height);
        EXPECT_EQ(seen[0].width(), width);
        EXPECT_LT(mean_absolute_difference(seen[0], seen[1]), 1e-5)
            << height << "x" << width << " pools " << pools << " " << schedule;
      }
    }
  }
}

// The process's resident memory in bytes; 0 if unknown, as with sanitizers, which keep freed memory.
size_t resident() {
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
  return 0;
#else
  size_t all = 0;
  size_t pages = 0;
  std::ifstream("/proc/self/statm") >> all >> pages;
  return pages * static_cast<size_t>(sysconf(_SC_PAGESIZE));
#endif
}

// Random parameters within their ranges, often at an end.
void throw_in(ParameterValues& values, Random& dice) {
  const ParameterTable& table = values.table();
  for (int n = 0; n < 6; ++n) {
    const Parameter& p = table[static_cast<size_t>(dice.uniform() * static_cast<double>(table.size()))];
    if (p.structural || p.kind == ParameterKind::kText) continue;
    const double u = dice.uniform();
    const double value = u < 0.3 ? p.low : u < 0.6 ? p.high : p.low + dice.uniform() * (p.high - p.low);
    values.set(p.name, p.kind == ParameterKind::kNumber ? value : std::round(value));
    if (p.mappable && dice.uniform() < 0.1) {
      const auto picture = std::make_shared<Planes>(random_planes(1, 4, 6, Random(dice.bits())));
      values.set_map(p.name, {picture, dice.uniform() * (p.high - p.low)});
    }
  }
}

// 100,000 frames, run manually: REVERIE_ENDURANCE=100000 feedback_test --gtest_filter='Endurance.*'
TEST(Endurance, NoNaNAndNoGrowthWhateverIsThrownIn) {
  const char* wished = std::getenv("REVERIE_ENDURANCE");  // NOLINT(concurrency-mt-unsafe)
  const int frames = wished ? std::atoi(wished) : 4000;
  Threads threads(1);
  for (const char* schedule : {"every", "even"}) {
    ParameterValues start(feedback_parameters());
    start.set("channels", std::vector<double>{3, 8, 16, 20});
    start.set_text("schedule", schedule);
    FeedbackEngine engine(make_hourglass(start, Random(5), nullptr), 16, 16, start, "cpu", 3, threads,
                          nullptr);
    ParameterValues values = start;
    Random dice(11);
    const Planes input = random_planes(3, 16, 16, Random(9));
    Planes seen;
    size_t held = 0;
    size_t resident_half = 0;
    for (int frame = 0; frame < frames; ++frame) {
      if (frame % 7 == 0) throw_in(values, dice);
      if (frame % 250 == 0) values = start;
      engine.step(frame, values, frame % 500 < 250 ? &input : nullptr);
      engine.look(values, seen);
      for (const float x : seen.data()) ASSERT_TRUE(std::isfinite(x)) << "frame " << frame << " " << schedule;
      if (frame != frames / 2) continue;
      held = engine.memory().all();
      resident_half = resident();
    }
    EXPECT_LE(engine.memory().all(), held + (size_t{1} << 14U)) << schedule;  // a parameter's first map
    EXPECT_LT(resident(), resident_half + (size_t{1} << 20U)) << schedule;
    RecordProperty(std::string("resident_growth_") + schedule,
                   static_cast<int>(resident()) - static_cast<int>(resident_half));
  }
}

}  // namespace
}  // namespace reverie
