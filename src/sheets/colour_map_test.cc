#include "sheets/colour_map.h"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>

namespace reverie {
namespace {

constexpr float kNan = std::numeric_limits<float>::quiet_NaN();

// CIE L*, 0..100, of a screen colour.
double lightness(const Colour& c) {
  const auto linear = [](double v) { return v <= 0.04045 ? v / 12.92 : std::pow((v + 0.055) / 1.055, 2.4); };
  const double y = 0.2126 * linear(c.r) + 0.7152 * linear(c.g) + 0.0722 * linear(c.b);
  return y > 0.008856 ? 116 * std::cbrt(y) - 16 : 903.3 * y;
}

TEST(CoolWarm, IsNeutralAtZeroAndBlueBelow) {
  const Colour middle = cool_warm(0);
  EXPECT_EQ(middle.r, middle.g);
  EXPECT_EQ(middle.g, middle.b);
  EXPECT_FLOAT_EQ(middle.r, 221.0F / 255);
  EXPECT_GT(cool_warm(-1).b, 2 * cool_warm(-1).r);
  EXPECT_GT(cool_warm(1).r, 2 * cool_warm(1).b);
  EXPECT_EQ(cool_warm(kNan).r, middle.r);
  EXPECT_EQ(cool_warm(7).r, cool_warm(1).r);
}

// What makes it honest: lightness falls steadily, and equally on both sides.
TEST(CoolWarm, DarkensAlikeToBothSides) {
  for (int i = 1; i <= 32; ++i) {
    const float t = static_cast<float>(i) / 32;
    const float before = static_cast<float>(i - 1) / 32;
    EXPECT_LT(lightness(cool_warm(t)), lightness(cool_warm(before)) + 0.01) << t;
    EXPECT_LT(lightness(cool_warm(-t)), lightness(cool_warm(-before)) + 0.01) << t;
    EXPECT_NEAR(lightness(cool_warm(t)), lightness(cool_warm(-t)), 3.0) << t;
  }
}

TEST(ColourMaps, PutZeroInTheMiddle) {
  Planes values(4, 1, 3);
  values.data() = {-2, 0, 2, 1, 1, 1, 0, 0, 0, 5, kNan, -5};
  const Planes grey = signed_grey(values, 0, 2);
  EXPECT_EQ(grey.data(), (std::vector<float>{0, 0.5F, 1}));
  EXPECT_EQ(signed_grey(values, 3, 2).data(), (std::vector<float>{1, 0.5F, 0}));
  const Planes warm = diverging(values, 0, 4);
  EXPECT_FLOAT_EQ(warm.at(0, 0, 1), 221.0F / 255);
  EXPECT_FLOAT_EQ(warm.at(2, 0, 0), cool_warm(-0.5F).b);
  const Planes colour = signed_colour(values, 0, 2);
  EXPECT_EQ(colour.data(), (std::vector<float>{0, 0.5F, 1, 0.75F, 0.75F, 0.75F, 0.5F, 0.5F, 0.5F}));
  // channels past the last are 0
  EXPECT_EQ(signed_colour(values, 3, 10).at(0, 0, 0), 0.75F);
  EXPECT_EQ(signed_colour(values, 3, 10).at(1, 0, 0), 0.5F);
}

TEST(ColourMaps, TheLimitLeavesOutliersOut) {
  Planes values(1, 10, 100);
  for (size_t i = 0; i < 1000; ++i)
    values.data()[i] = (i % 2 == 0 ? 1.0F : -1.0F) * static_cast<float>(i) / 1000;
  values.data()[3] = 1e6F;
  values.data()[4] = kNan;
  EXPECT_NEAR(signed_limit(values.data(), 0.99), 0.99, 0.01);
  EXPECT_EQ(signed_limit(Planes(2, 3, 4).data(), 0.99), 1);
  Planes sparse(1, 10, 100);
  sparse.data()[7] = -3;
  EXPECT_EQ(signed_limit(sparse.data(), 0.9), 3);
}

TEST(ColourMaps, TheBarNamesItsLimit) {
  const Colour ground{0, 0, 0};
  const Planes bar = colour_bar(0.5F, 101, ground, {1, 1, 1});
  EXPECT_EQ(bar.width(), 101);
  EXPECT_FLOAT_EQ(bar.at(0, 0, 0), cool_warm(-1).r);
  EXPECT_FLOAT_EQ(bar.at(0, 0, 50), 221.0F / 255);
  float ink = 0;
  for (int x = 0; x < 101; ++x) ink += bar.at(0, bar.height() - 1, x);
  EXPECT_GT(ink, 3);
}

}  // namespace
}  // namespace reverie
