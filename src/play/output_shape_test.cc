#include "play/output_shape.h"

#include <gtest/gtest.h>

#include "core/test_help.h"

namespace reverie {
namespace {

TEST(OutputShape, AFileKeepsEachDisplay) {
  OutputShapes shapes;
  OutputShape& s = shapes["DELL \"U2720Q\""];
  s.quarters = 3;
  s.flip = true;
  s.left = 0.25;
  s.corners[1] = {0.9, 0.125};
  shapes["HDMI-1"] = OutputShape();
  EXPECT_EQ(parse_output_shapes(format_output_shapes(shapes), "displays.toml"), shapes);
  for (const char* bad :
       {"[[display]]\nquarters = 4\nname = \"a\"", "[[display]]\nflip = true",
        "[[display]]\nname = \"a\"\nleft_top = [1.2, 1.2]", "[[display]]\nname = \"a\"\nleft_top = [1]",
        "[[display]]\nname = \"a\"\nleft = nan", "display = 3"})
    EXPECT_NE(message_of([&] { parse_output_shapes(bad, "displays.toml"); }).find("displays.toml:"),
              std::string::npos)
        << bad;
}

TEST(OutputShape, TurnsFlipsAndCrops) {
  OutputShape s;
  EXPECT_EQ(s.source()[0], (Point{0, 0}));
  s.quarters = 1;  // clockwise: what was at the left bottom is now at the left top
  EXPECT_EQ(s.source()[0], (Point{0, 1}));
  EXPECT_EQ(s.source()[1], (Point{0, 0}));
  EXPECT_DOUBLE_EQ(s.aspect(2), 0.5);
  s = OutputShape();
  s.flip = true;
  s.left = 0.25;
  s.right = 0.25;
  EXPECT_EQ(s.source()[0], (Point{0.75, 0}));
  EXPECT_DOUBLE_EQ(s.aspect(2), 1);
}

TEST(OutputShape, CornersStayConvex) {
  OutputShape s;
  s.move(0, {0.2, 0.1});
  EXPECT_EQ(s.corners[0], (Point{0.2, 0.1}));
  s.move(0, {1.4, 1.4});  // beyond the others
  EXPECT_EQ(s.corners[0], (Point{0.2, 0.1}));
}

// The middle of a square seen at an angle is where its diagonals cross.
TEST(OutputShape, PerspectiveIsThatOfASquare) {
  for (const double d : perspective(OutputShape::kSquare)) EXPECT_DOUBLE_EQ(d, 0.5);
  const std::array<Point, 4> corners = {{{0.25, 0}, {0.75, 0}, {0, 1}, {1, 1}}};
  const std::array<double, 4> depth = perspective(corners);
  EXPECT_NEAR(depth[0] / depth[2], 2, 1e-12);  // the short side is twice as far away
  double x = 0, y = 0, w = 0;
  for (size_t i = 0; i < 4; ++i) x += depth[i] * corners[i].x, y += depth[i] * corners[i].y, w += depth[i];
  EXPECT_NEAR(x / w, 0.5, 1e-12);
  EXPECT_NEAR(y / w, 1.0 / 3, 1e-12);
}

}  // namespace
}  // namespace reverie
