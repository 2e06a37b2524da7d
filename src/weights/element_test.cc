#include "weights/element.h"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>

namespace reverie {
namespace {

using Bytes = std::vector<uint8_t>;
using Floats = std::vector<float>;

TEST(Element, EveryTypeInBothByteOrders) {
  struct Case {
    ElementType type;
    Bytes big;  // one element, big-endian
    float value;
  };
  const std::vector<Case> cases{{ElementType::kBool, {0}, 0.0F},
                                {ElementType::kBool, {1}, 1.0F},
                                {ElementType::kBool, {7}, 1.0F},
                                {ElementType::kU8, {200}, 200.0F},
                                {ElementType::kI8, {200}, -56.0F},
                                {ElementType::kU16, {0xff, 0xfe}, 65534.0F},
                                {ElementType::kI16, {0xff, 0xfe}, -2.0F},
                                {ElementType::kU32, {0x80, 0, 0, 0}, 0x1p31F},
                                {ElementType::kI32, {0x80, 0, 0, 0}, -0x1p31F},
                                {ElementType::kU64, {0x80, 0, 0, 0, 0, 0, 0, 0}, 0x1p63F},
                                {ElementType::kI64, {0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xfb}, -5.0F},
                                {ElementType::kF16, {0x3e, 0x00}, 1.5F},
                                {ElementType::kBF16, {0xc0, 0x40}, -3.0F},
                                {ElementType::kF32, {0x40, 0x49, 0x0f, 0xdb}, 3.14159274F},
                                {ElementType::kF64, {0xbf, 0xd0, 0, 0, 0, 0, 0, 0}, -0.25F}};
  for (const Case& c : cases) {
    SCOPED_TRACE(static_cast<int>(c.type));
    ASSERT_EQ(element_size(c.type), c.big.size());
    EXPECT_EQ(to_floats(c.big, c.type, std::endian::big), Floats{c.value});
    const Bytes little(c.big.rbegin(), c.big.rend());
    EXPECT_EQ(to_floats(little, c.type), Floats{c.value});
  }
}

// The value of each binary16 from the definition in IEEE 754, 3.4, for all 65536 of them.
TEST(Element, EveryHalfIsExact) {
  for (uint32_t bits = 0; bits < 0x10000; ++bits) {
    const Bytes little{static_cast<uint8_t>(bits), static_cast<uint8_t>(bits >> 8U)};
    const float got = to_floats(little, ElementType::kF16).at(0);
    const int exponent = static_cast<int>((bits >> 10U) & 31U);
    const int fraction = static_cast<int>(bits & 1023U);
    ASSERT_EQ(std::signbit(got), bits >= 0x8000) << bits;
    if (exponent == 31) {
      ASSERT_EQ(std::isinf(got), fraction == 0) << bits;
      ASSERT_EQ(std::isnan(got), fraction != 0) << bits;
    } else {
      const double magnitude =
          exponent == 0 ? std::ldexp(fraction, -24) : std::ldexp(1024 + fraction, exponent - 25);
      ASSERT_EQ(std::fabs(got), magnitude) << bits;
    }
  }
}

TEST(Element, DoublesRoundAndOverflowToInfinity) {
  const auto as_float = [](double d) {
    const auto raw = std::bit_cast<std::array<uint8_t, 8>>(d);
    return to_floats(raw, ElementType::kF64, std::endian::native).at(0);
  };
  EXPECT_EQ(as_float(1.0 + 0x1p-30), 1.0F);
  EXPECT_EQ(as_float(1e300), std::numeric_limits<float>::infinity());
  EXPECT_TRUE(std::isnan(as_float(std::nan(""))));
}

TEST(Element, FloatsGoOutLowestByteFirst) {
  Bytes bytes{9};
  append_floats(bytes, Floats{1.0F, -2.0F});
  EXPECT_EQ(bytes, (Bytes{9, 0, 0, 0x80, 0x3f, 0, 0, 0, 0xc0}));
}

TEST(Element, EveryHalfIsWrittenAsItWasRead) {
  for (uint32_t half = 0; half < 0x10000U; ++half) {
    const std::vector<uint8_t> stored = {static_cast<uint8_t>(half), static_cast<uint8_t>(half >> 8U)};
    const std::vector<float> value = to_floats(stored, ElementType::kF16);
    if (std::isnan(value[0])) continue;
    std::vector<uint8_t> again;
    append_halves(again, value);
    ASSERT_EQ(again, stored) << half;
  }
}

TEST(Element, HalvesAreRoundedToTheNearestEven) {
  const auto half = [](float v) {
    std::vector<uint8_t> bytes;
    append_halves(bytes, std::vector<float>{v});
    return to_floats(bytes, ElementType::kF16)[0];
  };
  EXPECT_EQ(half(1 + 0x1p-11F), 1);                // a tie
  EXPECT_EQ(half(1 + 3 * 0x1p-11F), 1 + 0x1p-9F);  // a tie
  EXPECT_EQ(half(1 + 0x1.8p-11F), 1 + 0x1p-10F);   // above one
  EXPECT_EQ(half(0x1.fffp0F), 2);                  // carries
  EXPECT_EQ(half(-0x1p-25F), 0);                   // a tie below the least subnormal
  EXPECT_EQ(half(0x1.8p-25F), 0x1p-24F);
  EXPECT_EQ(half(65519), 65504);
  EXPECT_TRUE(std::isinf(half(65520)));
}

}  // namespace
}  // namespace reverie
