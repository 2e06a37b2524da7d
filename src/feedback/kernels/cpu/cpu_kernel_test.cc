// The fast kernel against the reference kernel.
#include "feedback/kernels/cpu/cpu_kernel.h"

#include <gtest/gtest.h>
#include <hwy/targets.h>

#include <cmath>

#include "feedback/engine.h"
#include "feedback/kernels/cpu/grid.h"
#include "feedback/kernels/cpu/layer.h"
#include "feedback/kernels/cpu/mix.h"

namespace reverie {
namespace {

Planes random_planes(int channels, int height, int width, Random random, float scale = 1) {
  Planes p(channels, height, width);
  for (size_t i = 0; i < p.data().size(); ++i) p.data()[i] = scale * random.signed_at(i);
  return p;
}

struct Case {
  Hourglass glass;
  LevelSizes sizes;
  ParameterValues values{feedback_parameters()};
  int input_top = -1;
  uint64_t seed = 0;
};

// Draws for the test's settings.
class Dice {
 public:
  explicit Dice(uint64_t seed) : random_(seed) {}
  int whole(int low, int high) { return low + static_cast<int>(random_.uniform() * (high - low + 1)); }
  double number(double low, double high) { return low + (high - low) * random_.uniform(); }
  bool chance(double p) { return random_.uniform() < p; }
  Random random() { return Random(random_.bits()); }

 private:
  Random random_;
};

void draw_shape(Dice& dice, ParameterValues& v) {
  const int levels = dice.whole(0, 3);
  v.set("levels", levels);
  std::vector<double> channels = {3};
  std::vector<double> encode;
  std::vector<double> decode;
  std::vector<double> pool;
  for (int l = 0; l < levels; ++l) {
    channels.push_back(dice.chance(0.3) ? dice.whole(16, 40) : dice.whole(1, 20));
    encode.push_back(dice.chance(0.6) ? 3 : 2 * dice.whole(0, 3) + 1);
    pool.push_back(dice.chance(0.6) ? 2 : dice.whole(1, 8));
    decode.push_back(pool.back() + 2 * dice.whole(0, 2));
  }
  if (levels == 0) return;
  v.set("channels", channels);
  v.set("encode_kernel", encode);
  v.set("decode_kernel", decode);
  v.set("pool_size", pool);
}

void draw_choices(Dice& dice, ParameterValues& v) {
  const ParameterTable& table = v.table();
  for (size_t i = 0; i < table.size(); ++i) {
    const Parameter& p = table[i];
    if (p.kind != ParameterKind::kChoice || p.structural) continue;
    v.set(p.name, dice.whole(0, static_cast<int>(p.high)));
  }
}

// Moderate numbers: no gain or sharpness that would amplify rounding.
void draw_numbers(Dice& dice, ParameterValues& v) {
  const auto maybe = [&](const char* name, double low, double high, double chance = 0.4) {
    if (dice.chance(chance)) v.set(name, dice.number(low, high));
  };
  maybe("gain", 0.5, 1.2, 1);
  maybe("self", -0.6, 0.6);
  maybe("encode", -0.6, 0.6);
  maybe("decode", -0.6, 0.6);
  maybe("input", -0.6, 0.6);
  maybe("bias", -0.3, 0.3);
  maybe("noise", 0, 0.5);
  maybe("sblur", -0.5, 1);
  maybe("tblur", 0, 1);
  maybe("zoom", 0.5, 2);
  maybe("rotate", -90, 90);
  maybe("shift_x", -40, 40);
  maybe("shift_y", -40, 40);
  maybe("swirl", -40, 40);
  maybe("centre_x", -0.5, 1.5);
  maybe("advect", -5, 5);
  maybe("hue", -90, 90);
  maybe("warp_by_flow", -3, 3);
  maybe("home_centre", 0, 1);
  maybe("home_rate", 0, 0.3);
  if (dice.chance(0.3)) v.set("permute", dice.whole(0, 7));
  for (const char* share : {"self", "encode", "decode", "input"}) {
    if (dice.chance(0.15)) v.set(share, 0);
  }
  for (const char* name : {"gain", "self", "sblur", "tblur", "hue", "noise", "zoom", "encode", "bias"}) {
    if (!dice.chance(0.15)) continue;
    v.set_map(name, {std::make_shared<Planes>(random_planes(1, 5, 7, dice.random())), 0.2});
  }
}

Case draw_case(uint64_t seed) {
  Dice dice(seed);
  Case c;
  c.seed = seed;
  draw_shape(dice, c.values);
  draw_choices(dice, c.values);
  draw_numbers(dice, c.values);
  c.glass = make_hourglass(c.values, dice.random(), nullptr);
  c.sizes = level_sizes(c.glass, dice.whole(1, 70), dice.whole(1, 90));
  c.input_top = dice.chance(0.5) ? dice.whole(0, c.glass.levels()) : -1;
  return c;
}

// ||a - b|| / ||b|| over all levels, for one view of the state.
template <class Look>
double relative_error(const Kernel& a, const Kernel& b, int levels, Look&& look) {
  double difference = 0;
  double norm = 0;
  for (int l = 0; l <= levels; ++l) {
    const Planes pa = look(a, l);
    const Planes pb = look(b, l);
    EXPECT_TRUE(pa.same_shape(pb));
    for (size_t i = 0; i < pb.data().size(); ++i) {
      const double d = static_cast<double>(pa.data()[i]) - pb.data()[i];
      difference += d * d;
      norm += static_cast<double>(pb.data()[i]) * pb.data()[i];
    }
  }
  return std::sqrt(difference / std::max(norm, 1e-12));
}

double state_error(const Kernel& a, const Kernel& b, int levels) {
  return relative_error(a, b, levels, [](const Kernel& k, int l) { return k.state(l); });
}

// Both kernels, from the same start, for `frames` steps.
struct Pair {
  Pair(const Case& c, Threads& threads)
      : fast(find_kernel("cpu").make(c.glass, c.sizes, threads)),
        reference(find_kernel("reference").make(c.glass, c.sizes, threads)) {
    TransitionResolver resolver(c.sizes);
    Transition t = resolver.resolve(c.values);
    const Random random(c.seed);
    velocity = random_planes(2, c.sizes.height[0], c.sizes.width[0], random.split(1));
    for (Kernel* k : {fast.get(), reference.get()}) {
      for (int l = 0; l <= c.glass.levels(); ++l) {
        k->set_state(l, random_planes(c.glass.channels(l), c.sizes.height[static_cast<size_t>(l)],
                                      c.sizes.width[static_cast<size_t>(l)],
                                      random.split(7).split(static_cast<uint64_t>(l))));
      }
    }
    picture = random_planes(3, c.sizes.height[0], c.sizes.width[0], random.split(2));
    step(c, t);
  }

  void step(const Case& c, Transition t) const {
    t.velocity = t.input_flow = &velocity;
    for (Kernel* k : {fast.get(), reference.get()}) {
      k->clear_input();
      if (c.input_top >= 0) k->set_input(picture, t, c.input_top);
      k->step(t, Random(c.seed).split(3));
    }
  }

  std::unique_ptr<Kernel> fast, reference;
  Planes velocity, picture;
};

std::string describe(const Case& c) {
  std::string text =
      fmt::format("seed {} {}x{} levels {}", c.seed, c.sizes.height[0], c.sizes.width[0], c.glass.levels());
  for (const Layer& l : c.glass.layers)
    text +=
        fmt::format(" [{}->{} e{} d{} p{}]", l.lower, l.upper, l.encode_kernel, l.decode_kernel, l.pool_size);
  return text;
}

// Removes whatever jumps on a small difference: that is no longer a rounding error.
void make_steady(Case& c) {
  Dice dice(c.seed);
  for (const char* name : {"squash", "sampling"}) c.values.set(name, dice.whole(0, 1));
}

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
    const Pair pair(c, threads);
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
    const Pair pair(c, threads);
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
  const Pair pair(c, threads);
  EXPECT_GT(state_error(*pair.fast, *pair.reference, c.glass.levels()), 1e-4);
}

TEST(CpuKernel, AgreesWhenTheTransitionChangesFromFrameToFrame) {
  Threads threads(2);
  Case c = draw_case(77);
  c.values = ParameterValues(feedback_parameters());
  c.values.set("channels", std::vector<double>{3, 8, 16, 20});
  c.glass = make_hourglass(c.values, Random(3), nullptr);
  c.sizes = level_sizes(c.glass, 30, 44);
  const Pair pair(c, threads);
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

// A case whose steps are spread over frames.
Case draw_even_case(uint64_t seed) {
  Case c = draw_case(seed);
  c.values.set_text("schedule", "even");
  make_steady(c);
  return c;
}

TEST(CpuKernel, AgreesWhereStepsAreSpreadOverFrames) {
  Threads threads(2);
  for (uint64_t seed = 1; seed <= 60; ++seed) {
    Case c = draw_even_case(seed);
    Dice dice(seed);
    const int levels = c.glass.levels();
    const Pair pair(c, threads);
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
      const Pair pair(c, threads);
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
      const Pair pair(c, threads);
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
  ParameterValues v(feedback_parameters());
  v.set("channels", std::vector<double>{3, 8, 16, 20});
  const ParameterTable& table = v.table();
  Threads threads(2);
  for (const bool high : {false, true}) {
    ParameterValues extreme = v;
    for (size_t i = 0; i < table.size(); ++i) {
      const Parameter& p = table[i];
      if (p.kind != ParameterKind::kText && !p.structural) extreme.set(p.name, high ? p.high : p.low);
    }
    for (int squash = 0; squash < 6; ++squash) {
      extreme.set("squash", squash);
      FeedbackEngine engine(make_hourglass(v, Random(5), nullptr), 24, 24, v, "cpu", 3, threads, nullptr);
      Planes seen;
      for (int frame = 0; frame < 20; ++frame) engine.step(frame, extreme, nullptr);
      engine.look(extreme, seen);
      for (const float x : seen.data()) ASSERT_TRUE(std::isfinite(x)) << squash;
    }
  }
}

}  // namespace
}  // namespace reverie
