#include "core/control_range.h"

#include <gtest/gtest.h>

#include <cmath>

namespace reverie {
namespace {

Parameter wide() {
  return number("turn", 0, -180, 180, "degrees", "turns it");
}

TEST(ControlRange, GoesOverThePlayablePart) {
  const ControlRange range(wide().playable(-10, 10));
  EXPECT_EQ(range.at(0), -10);
  EXPECT_EQ(range.at(1), 10);
  EXPECT_EQ(range.share(-90), 0);
  EXPECT_EQ(range.share(90), 1);
}

TEST(ControlRange, SevenBitsMeetTheDefaultAndStepFinelyAboutIt) {
  for (const Parameter& p :
       {wide().playable(-10, 10), number("size", 1, 0.25, 4, "", "").playable(0.9, 1.1), wide(),
        number("gain", 1.333, 0, 20, "", "").playable(0, 3), number("late", 0.1, 0.01, 1000, "s", "")}) {
    const ControlRange range(p);
    double step = 0;
    bool met = false;
    for (int i = 0; i < 127; ++i) {
      const double a = range.at(i / 127.0), b = range.at((i + 1) / 127.0);
      EXPECT_LE(a, b);
      const double usual = p.initial.front();
      met |= a == usual || b == usual;
      if (a <= usual && b >= usual) step = std::max(step, b - a);
    }
    EXPECT_TRUE(met) << p.name;
    EXPECT_LE(step, 0.01 * (p.soft_high - p.soft_low)) << p.name;
  }
}

TEST(ControlRange, FourteenBitsKeepTheirResolution) {
  const ControlRange range(wide().playable(-10, 10));
  int same = 0;
  for (int i = 0; i < 16383; ++i) same += range.at(i / 16383.0) == range.at((i + 1) / 16383.0) ? 1 : 0;
  EXPECT_LE(same, 16383 / 127 + 3);  // the notch
}

TEST(ControlRange, SharesComeBack) {
  for (const ControlWishes& wishes :
       {ControlWishes(), {-20, 100, Curve::kFine}, {50, -50, Curve::kLinear}, {150, 2, Curve::kLog}}) {
    const ControlRange range(wide(), wishes);
    for (int i = 0; i <= 100; ++i) {
      const double value = range.at(i / 100.0);
      EXPECT_NEAR(range.at(range.share(value)), value, 1e-9);
      if (value != 0) {
        EXPECT_NEAR(range.share(value), i / 100.0, 1e-9);
      }
    }
  }
}

TEST(ControlRange, WishesEndWhereTheParameterDoes) {
  EXPECT_EQ(ControlRange(wide(), {-1000, 1000, {}}).at(1), 180);
  EXPECT_EQ(ControlRange(wide(), {-1000, 1000, {}}).at(0), -180);
  EXPECT_TRUE(std::isfinite(ControlRange(wide(), {0, 10, Curve::kLog}).at(0.5)));
}

}  // namespace
}  // namespace reverie
