// The kernel for graphics cards against the reference kernel, on whatever card there is: lavapipe will do.
#include "feedback/kernels/vulkan/vulkan_kernel.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>

#include "core/error.h"
#include "feedback/flow.h"
#include "feedback/kernels/kernel_test_help.h"
#include "feedback/kernels/vulkan/availability.h"

namespace reverie {
namespace {

constexpr double kMost = 1e-5;
constexpr double kMostRandom = 2e-5;  // Mesa 25 comes to 1.3e-5 once in 200 cases

// Holds one kernel, and with it the card and its programs, as long as the tests run.
class VulkanKernel : public ::testing::Test {
 protected:
  static void SetUpTestSuite() {
    if (!vulkan_availability().why_not.empty()) return;
    ParameterValues v(feedback_parameters());
    v.set("levels", 0);
    glass_ = make_hourglass(v, Random(1), nullptr);
    static Threads threads(1);
    held_ = make_vulkan_kernel(glass_, level_sizes(glass_, 8, 8), threads);
  }
  static void TearDownTestSuite() { held_.reset(); }
  void SetUp() override {
    if (!held_) GTEST_SKIP() << vulkan_availability().why_not;
  }

 private:
  static Hourglass glass_;
  static std::unique_ptr<Kernel> held_;
};
Hourglass VulkanKernel::glass_;
std::unique_ptr<Kernel> VulkanKernel::held_;

bool jumps(const Case& c) {
  return c.values.choice<Sampling>("sampling") == Sampling::kNearest ||
         c.values.choice<Squash>("squash") == Squash::kWrap ||
         c.values.choice<Pool>("pool") == Pool::kMaxMagnitude;
}

// ||a - b|| / ||b|| over all levels.  Where the transition jumps, the card's rounding may send single samples
// to the other side: as in checked_kernel.h the worst ten-thousandth of them then does not count.
template <class Look>
double error_of(const Pair& pair, const Case& c, Look&& look) {
  std::vector<double> squares;
  double norm = 0;
  for (int l = 0; l <= c.glass.levels(); ++l) {
    const Planes a = look(*pair.fast, l);
    const Planes b = look(*pair.reference, l);
    EXPECT_TRUE(a.same_shape(b));
    for (size_t i = 0; i < b.data().size(); ++i) {
      const double d = static_cast<double>(a.data()[i]) - b.data()[i];
      squares.push_back(d * d);
      norm += static_cast<double>(b.data()[i]) * b.data()[i];
    }
  }
  std::sort(squares.begin(), squares.end());
  if (jumps(c)) squares.resize(squares.size() - (squares.size() / 10000 + 1));
  double sum = 0;
  for (const double s : squares) sum += s;
  return std::sqrt(sum / std::max(norm, 1e-12));
}

void expect_same(const Pair& pair, const Case& c) {
  EXPECT_LT(error_of(pair, c, [](const Kernel& k, int l) { return k.state(l); }), kMostRandom) << describe(c);
  EXPECT_LT(error_of(pair, c, [](const Kernel& k, int l) { return k.encoding(l); }), kMostRandom)
      << describe(c);
  EXPECT_LT(error_of(pair, c, [](const Kernel& k, int l) { return k.decoding(l); }), kMostRandom)
      << describe(c);
}

void expect_random_cases(uint64_t first, uint64_t last) {
  Threads threads(2);
  int exact = 0;
  for (uint64_t seed = first; seed <= last; ++seed) {
    const Case c = draw_case(seed);
    exact += jumps(c) ? 0 : 1;
    expect_same(Pair(c, "vulkan", threads), c);
  }
  EXPECT_GT(exact, 20);
}

// In two tests, which can run side by side.
TEST_F(VulkanKernel, AgreesWithTheReferenceInRandomCases) {
  expect_random_cases(1, 100);
}

TEST_F(VulkanKernel, AgreesWithTheReferenceInMoreRandomCases) {
  expect_random_cases(101, 200);
}

TEST_F(VulkanKernel, AgreesWhereStepsAreSpreadOverFrames) {
  Threads threads(2);
  for (uint64_t seed = 1; seed <= 30; ++seed) {
    Case c = draw_even_case(seed);
    c.values.set("pool", static_cast<double>(seed % 3));  // not maxmag, which jumps
    Dice dice(seed);
    const int levels = c.glass.levels();
    const Pair pair(c, "vulkan", threads);
    TransitionResolver resolver(c.sizes);
    for (int frame = 1; frame < (3 << levels); ++frame) {
      if (dice.chance(0.2)) c.values.set("border", dice.whole(0, 2));
      if (dice.chance(0.2)) draw_numbers(dice, c.values);
      if (dice.chance(0.2)) c.input_top = dice.whole(-1, levels);
      c.values.set("gain", dice.number(0.5, 0.8));  // rounding differences must not grow,
      c.values.set("sblur", dice.number(0, 1));     // nor be sharpened
      pair.step(c, resolver.resolve(c.values));
      ASSERT_LT(state_error(*pair.fast, *pair.reference, levels), kMost) << describe(c) << " frame " << frame;
    }
    expect_same(pair, c);
  }
}

TEST_F(VulkanKernel, AgreesWhenTheTransitionChangesFromFrameToFrame) {
  Threads threads(2);
  Case c = draw_case(77);
  c.values = ParameterValues(feedback_parameters());
  c.values.set("channels", std::vector<double>{3, 8, 16, 20});
  c.glass = make_hourglass(c.values, Random(3), nullptr);
  c.sizes = level_sizes(c.glass, 30, 44);
  const Pair pair(c, "vulkan", threads);
  TransitionResolver resolver(c.sizes);
  const auto check = [&](const char* what) {
    pair.step(c, resolver.resolve(c.values));
    EXPECT_LT(state_error(*pair.fast, *pair.reference, 3), kMost) << what;
  };
  c.values.set_text("border", "clamp");
  check("another border");
  c.values.set("encode", std::vector<double>{0.5, 0, 0.5, 0});
  check("encodings that are not made");
  c.values.set_map("gain", {std::make_shared<Planes>(random_planes(1, 5, 7, Random(8))), 0.2});
  check("a map");
  c.values.set_map("bias", {std::make_shared<Planes>(random_planes(1, 5, 7, Random(9))), 0.2});
  check("another map");
  for (Kernel* k : {pair.fast.get(), pair.reference.get()})
    k->set_state(1, random_planes(8, c.sizes.height[1], c.sizes.width[1], Random(4)));
  check("a level set");
}

TEST_F(VulkanKernel, MakesTheFlowOfItsOwnFeatures) {
  Threads threads(2);
  Case c = draw_case(5);
  c.values = ParameterValues(feedback_parameters());
  c.values.set("self", 1);
  c.values.set("advect", 3);
  c.glass = make_hourglass(c.values, Random(3), nullptr);
  c.sizes = level_sizes(c.glass, 40, 56);
  for (const Border border : {Border::kWrap, Border::kClamp}) {
    for (const float smooth : {0.0F, 0.7F, 1.5F}) {
      c.values.set("border", static_cast<double>(border));
      const Pair pair(c, "vulkan", threads);
      TransitionResolver resolver(c.sizes);
      Transition t = resolver.resolve(c.values);
      t.stream = {2, 1, smooth};
      const Planes velocity = stream_velocity(*pair.reference, t, c.sizes, threads);
      pair.fast->step(t, Random(1));
      t.velocity = &velocity;
      pair.reference->step(t, Random(1));
      EXPECT_LT(state_error(*pair.fast, *pair.reference, 3), kMost) << smooth;
    }
  }
}

TEST_F(VulkanKernel, GivesTheSameBytesAgain) {
  Threads threads(2);
  for (const uint64_t seed : {3, 8, 21, 40}) {
    const Case c = draw_case(seed);
    const Pair first(c, "vulkan", threads);
    const Pair second(c, "vulkan", threads);
    for (int l = 0; l <= c.glass.levels(); ++l)
      EXPECT_EQ(first.fast->state(l).data(), second.fast->state(l).data()) << describe(c);
  }
}

TEST_F(VulkanKernel, ExtremeValuesStayFinite) {
  expect_finite_at_extremes("vulkan");
}

TEST_F(VulkanKernel, CountsWhatEveryPieceCosts) {
  Threads threads(2);
  Case c = draw_case(1);
  c.values = ParameterValues(feedback_parameters());
  c.glass = make_hourglass(c.values, Random(3), nullptr);
  c.sizes = level_sizes(c.glass, 64, 64);
  const Pair pair(c, "vulkan", threads);
  pair.fast->measure();
  TransitionResolver resolver(c.sizes);
  pair.step(c, resolver.resolve(c.values));
  const std::vector<Dispatch> all = pair.fast->dispatches();
  const auto encode =
      std::find_if(all.begin(), all.end(), [](const Dispatch& d) { return d.what == "encode 1"; });
  ASSERT_NE(encode, all.end());
  EXPECT_EQ(encode->flops, 2.0 * 64 * 64 * 3 * 12 * 9);
  EXPECT_EQ(encode->bytes, 4.0 * (64 * 64 * 3 + 32 * 32 * 12));
  double ms = 0;
  for (const Dispatch& d : all) ms += d.ms;
  EXPECT_GT(ms, 0);
}

TEST(Kernels, AutoTakesACardButNoSoftwareDriver) {
  const Availability& here = vulkan_availability();
  EXPECT_EQ(find_kernel("auto").name, here.why_not.empty() && here.automatic ? "vulkan" : "cpu");
  if (here.why_not.empty()) {
    EXPECT_EQ(find_kernel("vulkan").name, "vulkan");
    EXPECT_EQ(here.automatic, here.what.find("llvmpipe") == std::string::npos) << here.what;
  } else {
    EXPECT_THROW(find_kernel("vulkan"), Error);
  }
}

}  // namespace
}  // namespace reverie
