#include <gtest/gtest.h>

#include <cmath>

#include "flow_view/effect.h"

namespace reverie {
namespace {

struct Seen {
  Planes picture = {};
  std::map<std::string, double, std::less<>> told = {};
};

void expect_all(const Seen& seen, float value) {
  for (const float v : seen.picture.data()) ASSERT_EQ(v, value);
}

// The frame's flow says where things were: this one moves by (dx, dy).
Seen look(const std::vector<std::pair<const char*, std::string>>& set, float dx, float dy,
          bool known = true) {
  const EffectKind kind = flow_view_effect();
  ParameterValues values(kind.parameters());
  for (const auto& [name, value] : set) values.set_text(name, value);
  EffectSetup setup;
  setup.width = 50;
  setup.height = 40;
  const auto effect = kind.make(setup, values);
  const Planes picture(3, 40, 50, 0.25F);
  Planes flow(2, 40, 50);
  for (size_t i = 0; i < flow.plane_size(); ++i) flow.plane(0)[i] = -dx, flow.plane(1)[i] = -dy;
  const Planes trust(1, 40, 50, 0.5F);
  Frame frame;
  frame.picture = &picture;
  if (known) frame.flow = &flow, frame.trust = &trust;
  Seen seen;
  Told told({"amount", "direction", "right", "left", "up", "down"});
  effect->process(frame, values, seen.picture, told);
  seen.told = told.values();
  return seen;
}

TEST(FlowView, SaysHowMuchMovesAndWhereTo) {
  // full signals are at 0.02 widths: one pixel here
  const Seen right = look({}, 0.5F, 0);
  EXPECT_NEAR(right.told.at("amount"), 0.5, 1e-6);
  EXPECT_NEAR(right.told.at("right"), 0.5, 1e-6);
  EXPECT_EQ(right.told.at("left"), 0);
  EXPECT_EQ(right.told.at("up"), 0);
  EXPECT_NEAR(right.told.at("direction"), 0, 1e-6);
  const Seen up = look({}, 0, -0.25F);
  EXPECT_NEAR(up.told.at("up"), 0.25, 1e-6);
  EXPECT_EQ(up.told.at("down"), 0);
  EXPECT_NEAR(up.told.at("direction"), 0.25, 1e-6);
  EXPECT_NEAR(look({}, 0, 3).told.at("direction"), 0.75, 1e-6);
  EXPECT_EQ(look({}, 0, 3).told.at("amount"), 1);  // kept in 0..1
}

TEST(FlowView, WithoutAFlowNothingMoves) {
  const Seen still = look({}, 5, 5, false);
  EXPECT_EQ(still.told.at("amount"), 0);
  expect_all(still, 0);
  expect_all(look({{"ground", "white"}}, 5, 5, false), 1);
  expect_all(look({{"view", "trust"}}, 5, 5, false), 1);
}

TEST(FlowView, EveryViewShowsItsOwn) {
  const Seen colours = look({}, 1, 0);
  EXPECT_GT(colours.picture.at(0, 20, 25), 0.9F);  // to the right is red
  EXPECT_LT(colours.picture.at(2, 20, 25), 0.1F);
  const Seen arrows = look({{"view", "arrows"}}, 4, 0);
  EXPECT_GT(arrows.picture.at(0, 8, 10), 0.9F);
  EXPECT_EQ(arrows.picture.at(0, 16, 25), 0.25F);  // between the arrows
  expect_all(look({{"view", "picture"}}, 4, 0), 0.25F);
  expect_all(look({{"view", "trust"}}, 4, 0), 0.5F);
}

}  // namespace
}  // namespace reverie
