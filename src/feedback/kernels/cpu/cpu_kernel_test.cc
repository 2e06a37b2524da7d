// The fast kernel against the reference kernel.
#include "feedback/kernels/cpu/cpu_kernel.h"

#include <gtest/gtest.h>
#include <hwy/targets.h>

#include <cmath>

#include "feedback/engine.h"
#include "feedback/kernels/cpu/grid.h"
#include "feedback/kernels/cpu/layer.h"
#include "feedback/kernels/cpu/mix.h"
#include "feedback/kernels/kernel_test_help.h"

namespace reverie {
namespace {

// Allowed relative error.
double most(Precision precision) {
  return precision == Precision::kBf16 ? 1e-2 : 1e-5;
}

void check_cases(uint64_t first, uint64_t count, Precision precision = Precision::kFp32) {
  Threads threads(2);
  for (uint64_t seed = first; seed < first + count; ++seed) {
    Case c = draw_case(seed);
    c.glass.precision = precision;
    if (precision == Precision::kBf16) {
      make_steady(c);
      c.values.set("pool", Dice(seed).whole(0, 2));  // not maxmag, which jumps too
    }
    const Pair pair(c, "cpu", threads);
    const int levels = c.glass.levels();
    EXPECT_LT(state_error(*pair.fast, *pair.reference, levels), most(precision)) << describe(c);
    const auto encoding = [](const Kernel& k, int l) { return k.encoding(l); };
    const auto decoding = [](const Kernel& k, int l) { return k.decoding(l); };
    EXPECT_LT(relative_error(*pair.fast, *pair.reference, levels, encoding), most(precision)) << describe(c);
    EXPECT_LT(relative_error(*pair.fast, *pair.reference, levels, decoding), most(precision)) << describe(c);
  }
}

TEST(CpuKernel, AgreesWithTheReferenceInRandomCases) {
  check_cases(1, 200);
}

TEST(CpuKernel, AgreesWithEveryInstructionSetOfThisMachine) {
  for (int64_t targets = hwy::SupportedTargets(); targets != 0; targets &= targets - 1) {
    const int64_t one = targets & -targets;
    SCOPED_TRACE(hwy::TargetName(one));
    hwy::SetSupportedTargetsForTest(one);
    check_cases(1000, 25);
  }
  hwy::SetSupportedTargetsForTest(0);
}

// The plain transition with other numbers, shapes and choices, for ten frames.
TEST(CpuKernel, NoiseIsThatOfItsPlaceToTheBit) {
  for (int64_t targets = hwy::SupportedTargets(); targets != 0; targets &= targets - 1) {
    hwy::SetSupportedTargetsForTest(targets & -targets);
    constexpr size_t kWidth = 37;
    std::vector<float> level(kWidth + cpu::kSlack, 0.3F);
    std::vector<float> out(kWidth + cpu::kSlack);
    cpu::noise_row(Random(5), 1000, level.data(), kWidth, out.data());
    for (size_t x = 0; x < kWidth; ++x) EXPECT_EQ(out[x], 0.3F * Random(5).signed_at(1000 + x));
  }
  hwy::SetSupportedTargetsForTest(0);
}

// Nonzero samples of a grid, except those of rows 0 .. rows - 1.
int written_beyond(const cpu::Grid& grid, int rows) {
  int count = 0;
  for (int c = 0; c < grid.channels(); ++c) {
    for (int y = -1; y <= grid.height(); ++y) {
      for (int x = -1; x <= grid.width(); ++x) {
        const bool meant = y >= 0 && y < rows && x >= 0 && x < grid.width();
        count += !meant && grid.row(c, y)[x] != 0 ? 1 : 0;
      }
    }
  }
  return count;
}

// What lies around the rows may be written by another thread at the same time.
TEST(CpuKernel, EncodersWriteNothingButTheirRows) {
  for (const int pool : {1, 2, 4}) {
    for (const int width : {1, 12, 13, 14, 29}) {
      ParameterValues v(feedback_parameters());
      v.set("levels", 1);
      v.set("channels", std::vector<double>{3, 8});
      v.set("pool_size", pool);
      v.set("decode_kernel", pool);
      const Hourglass glass = make_hourglass(v, Random(1), nullptr);
      cpu::Grid in(3, 8 * pool, width * pool, 4);
      in.load(random_planes(3, in.height(), in.width(), Random(2)), Border::kWrap);
      cpu::Grid out(8, 8, width, 1);
      for (const Precision precision : {Precision::kFp32, Precision::kBf16}) {
        cpu::Encoder(glass.layers[0], precision).rows(in, Pool::kMean, Activation::kTanh, 1, 0, 4, out);
        EXPECT_NE(out.row(7, 3)[width - 1], 0) << pool << " " << width;
        EXPECT_EQ(written_beyond(out, 4), 0) << pool << " " << width;
      }
    }
  }
}

void check_ten_frames(Precision precision) {
  Threads threads(2);
  for (uint64_t seed = 1; seed <= 30; ++seed) {
    Dice dice(seed);
    Case c;
    c.seed = seed;
    draw_shape(dice, c.values);
    c.values.set("gain", dice.number(0.8, 1.2));
    for (const char* name : {"border", "pool", "activation"}) c.values.set(name, dice.whole(0, 1));
    c.glass = make_hourglass(c.values, dice.random(), nullptr);
    c.glass.precision = precision;
    c.sizes = level_sizes(c.glass, dice.whole(8, 50), dice.whole(8, 50));
    const Pair pair(c, "cpu", threads);
    TransitionResolver resolver(c.sizes);
    for (int frame = 1; frame < 10; ++frame) pair.step(c, resolver.resolve(c.values));
    EXPECT_LT(state_error(*pair.fast, *pair.reference, c.glass.levels()), most(precision)) << describe(c);
  }
}

TEST(CpuKernel, AgreesOverTenFramesOfThePlainTransition) {
  check_ten_frames(Precision::kFp32);
}

TEST(CpuKernel, InBf16AgreesToAHundredth) {
  check_cases(1, 200, Precision::kBf16);
  check_ten_frames(Precision::kBf16);
}

// Otherwise the test above would test nothing.
TEST(CpuKernel, InBf16RoundsItsFactors) {
  Threads threads(1);
  Case c = draw_case(1);
  c.values = ParameterValues(feedback_parameters());
  c.glass = make_hourglass(c.values, Random(3), nullptr);
  c.sizes = level_sizes(c.glass, 32, 32);
  c.glass.precision = Precision::kBf16;
  const Pair pair(c, "cpu", threads);
  EXPECT_GT(state_error(*pair.fast, *pair.reference, c.glass.levels()), 1e-4);
}

TEST(CpuKernel, AgreesWhenTheTransitionChangesFromFrameToFrame) {
  Threads threads(2);
  Case c = draw_case(77);
  c.values = ParameterValues(feedback_parameters());
  c.values.set("channels", std::vector<double>{3, 8, 16, 20});
  c.glass = make_hourglass(c.values, Random(3), nullptr);
  c.sizes = level_sizes(c.glass, 30, 44);
  const Pair pair(c, "cpu", threads);
  TransitionResolver resolver(c.sizes);
  const auto check = [&](const char* what) {
    pair.step(c, resolver.resolve(c.values));
    EXPECT_LT(state_error(*pair.fast, *pair.reference, 3), 1e-5) << what;
  };
  c.values.set_text("border", "clamp");
  check("another border");
  c.values.set("encode", std::vector<double>{0.5, 0, 0.5, 0});
  check("encodings that are not made");
  c.values.set("encode", 0.5);
  c.values.set_text("border", "zero");
  check("and are again");
  for (Kernel* k : {pair.fast.get(), pair.reference.get()})
    k->set_state(1, random_planes(8, c.sizes.height[1], c.sizes.width[1], Random(4)));
  check("a level set");
}

TEST(CpuKernel, AgreesWhereStepsAreSpreadOverFrames) {
  Threads threads(2);
  for (uint64_t seed = 1; seed <= 60; ++seed) {
    Case c = draw_even_case(seed);
    Dice dice(seed);
    const int levels = c.glass.levels();
    const Pair pair(c, "cpu", threads);
    TransitionResolver resolver(c.sizes);
    for (int frame = 1; frame < (3 << levels); ++frame) {
      if (dice.chance(0.2)) c.values.set("border", dice.whole(0, 2));
      if (dice.chance(0.2)) draw_numbers(dice, c.values);
      if (dice.chance(0.2)) c.input_top = dice.whole(-1, levels);
      c.values.set("gain", dice.number(0.5, 0.8));  // rounding differences must not grow,
      c.values.set("sblur", dice.number(0, 1));     // nor be sharpened
      pair.step(c, resolver.resolve(c.values));
      ASSERT_LT(state_error(*pair.fast, *pair.reference, levels), 1e-5) << describe(c) << " frame " << frame;
    }
    const auto encoding = [](const Kernel& k, int l) { return k.encoding(l); };
    const auto decoding = [](const Kernel& k, int l) { return k.decoding(l); };
    EXPECT_LT(relative_error(*pair.fast, *pair.reference, levels, encoding), 1e-5) << describe(c);
    EXPECT_LT(relative_error(*pair.fast, *pair.reference, levels, decoding), 1e-5) << describe(c);
  }
}

TEST(CpuKernel, SpreadStepsGiveTheSameBytesForAnyNumberOfThreads) {
  for (const uint64_t seed : {2, 8, 21, 40}) {
    Case c = draw_even_case(seed);
    std::vector<Planes> first;
    for (const int n : {1, 2, 5}) {
      Threads threads(n);
      const Pair pair(c, "cpu", threads);
      TransitionResolver resolver(c.sizes);
      for (int frame = 1; frame < 20; ++frame) pair.step(c, resolver.resolve(c.values));
      for (int l = 0; l <= c.glass.levels(); ++l) {
        if (n == 1) first.push_back(pair.fast->state(l));
        EXPECT_EQ(pair.fast->state(l).data(), first[static_cast<size_t>(l)].data()) << describe(c);
      }
    }
  }
}

void check_threads(Precision precision) {
  for (const uint64_t seed : {3, 8, 21, 40}) {
    Case c = draw_case(seed);
    c.glass.precision = precision;
    std::vector<Planes> first;
    for (const int n : {1, 2, 5}) {
      Threads threads(n);
      const Pair pair(c, "cpu", threads);
      for (int l = 0; l <= c.glass.levels(); ++l) {
        if (n == 1) first.push_back(pair.fast->state(l));
        EXPECT_EQ(pair.fast->state(l).data(), first[static_cast<size_t>(l)].data()) << describe(c);
      }
    }
  }
}

TEST(CpuKernel, SameBytesForAnyNumberOfThreads) {
  check_threads(Precision::kFp32);
}

TEST(CpuKernel, InBf16SameBytesForAnyNumberOfThreads) {
  check_threads(Precision::kBf16);
}

TEST(CpuKernel, ExtremeValuesStayFinite) {
  expect_finite_at_extremes("cpu");
}

}  // namespace
}  // namespace reverie
