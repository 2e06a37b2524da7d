#include "sheets/curve.h"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>
#include <set>

#include "sheets/sheet.h"

namespace reverie {
namespace {

// For each column, the rows where blue stands out: the colour of the first line.
std::vector<int> line_rows(const Planes& p, int column) {
  std::vector<int> rows;
  for (int y = 0; y < p.height(); ++y) {
    if (p.at(2, y, column) > 0.9F && p.at(0, y, column) < 0.5F) rows.push_back(y);
  }
  return rows;
}

double mean_row(const Planes& p, int column) {
  double sum = 0;
  const std::vector<int> rows = line_rows(p, column);
  for (const int y : rows) sum += y;
  return rows.empty() ? -1 : sum / static_cast<double>(rows.size());
}

CurveSeries falling(int points) {
  CurveSeries s{"loss", {}, {}};
  for (int i = 0; i < points; ++i) {
    s.x.push_back(i);
    s.y.push_back(100 * std::pow(10.0, -3.0 * i / (points - 1)));
  }
  return s;
}

TEST(Curve, APowerIsStraightOnALogarithmicAxis) {
  const Planes p = curve({falling(200)}, {"loss", "iteration", true, 640, 360});
  ASSERT_EQ(p.width(), 640);
  ASSERT_EQ(p.height(), 360);
  const double a = mean_row(p, 200);
  const double b = mean_row(p, 300);
  const double c = mean_row(p, 400);
  EXPECT_GT(b, a + 20);
  EXPECT_NEAR(c - b, b - a, 1.5);
}

TEST(Curve, IsBentOnALinearAxis) {
  const Planes p = curve({falling(200)}, {"loss", "iteration", false, 640, 360});
  EXPECT_GT(mean_row(p, 200) - mean_row(p, 120), 3 * (mean_row(p, 400) - mean_row(p, 320)));
}

TEST(Curve, ManyPointsGetARunningMeanThroughTheirNoise) {
  CurveSeries s{"loss", {}, {}};
  for (int i = 0; i < 5000; ++i) {
    s.x.push_back(i);
    s.y.push_back(i % 2 == 0 ? 1 : 3);
  }
  const Planes p = curve({s}, {"", "iteration", false, 640, 360});
  const std::vector<int> rows = line_rows(p, 320);
  ASSERT_FALSE(rows.empty());
  EXPECT_LE(rows.size(), 6U);
  EXPECT_NEAR(mean_row(p, 320), (16 + (360 - 36 - 24)) / 2.0, 4);
}

TEST(Curve, LivesWithWhatCannotBeDrawn) {
  constexpr double kInf = std::numeric_limits<double>::infinity();
  const CurveSeries odd{"odd", {0, 1, 2, 3, 4}, {1, std::nan(""), -3, 0, kInf}};
  for (const bool log_y : {false, true}) {
    const Planes p = curve({odd, {"none", {}, {}}}, {"odd", "x", log_y, 10, 10});
    EXPECT_EQ(p.width(), 240);
    for (const float v : p.data()) EXPECT_TRUE(v >= 0 && v <= 1);
  }
  EXPECT_FALSE(curve({}, {}).empty());
  EXPECT_FALSE(curve({{"one", {5}, {1e-30}}}, {}).empty());
  EXPECT_FALSE(curve({{"huge", {0, 1}, {-1e300, 1e300}}}, {}).empty());
  EXPECT_FALSE(curve({{"flat", {0, 1}, {0, 0}}}, {}).empty());
}

}  // namespace
}  // namespace reverie
