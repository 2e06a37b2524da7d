#include <gtest/gtest.h>

#include <cmath>
#include <limits>

#include "core/corpus_test_help.h"
#include "core/random.h"
#include "core/test_help.h"
#include "motion/colours.h"
#include "motion/cut.h"
#include "motion/flo.h"
#include "motion/flow.h"
#include "motion/input_motion.h"
#include "motion/mean_motion.h"
#include "motion/warp.h"

namespace reverie {
namespace {

// Smooth noise with something to see everywhere, shifted to the right and down.
Planes texture(int height, int width, double right = 0, double down = 0, double contrast = 1) {
  Planes p(3, height, width);
  for (int y = 0; y < height; ++y) {
    for (int x = 0; x < width; ++x) {
      const double u = x - right;
      const double v = y - down;
      const double wave = std::sin(0.31 * u + 0.12 * v) + std::sin(0.17 * v - 0.23 * u + 1) +
                          std::sin(0.41 * v + 0.09 * u + 2) + std::sin(0.07 * u + 0.05 * v);
      for (int c = 0; c < 3; ++c) p.at(c, y, x) = static_cast<float>(0.5 + contrast * 0.1 * wave);
    }
  }
  return p;
}

// Mean distance from a constant flow, away from the edges.
double error_of(const Flow& flow, double dx, double dy) {
  constexpr int kEdge = 16;
  double sum = 0;
  int count = 0;
  for (int y = kEdge; y < flow.height() - kEdge; ++y) {
    for (int x = kEdge; x < flow.width() - kEdge; ++x, ++count)
      sum += std::hypot(flow.at(0, y, x) - dx, flow.at(1, y, x) - dy);
  }
  return sum / count;
}

TEST(Flow, EveryMethodRecoversAShift) {
  const Planes from = texture(96, 128);
  const Planes to = texture(96, 128, 3.5, -2.25);
  for (const std::string& name : flow_methods()) {
    const Flow flow = find_flow(from, to, flow_method(name));
    ASSERT_EQ(flow.channels(), 2);
    EXPECT_LT(error_of(flow, 3.5, -2.25), name == "dis-ultrafast" ? 0.4 : 0.2) << name;
  }
}

// Above the middle it rolls to the left, below it to the right.
Planes rolling(int height, int width, double by) {
  Planes p = texture(height, width, -by);
  const Planes below = texture(height, width, by);
  for (int c = 0; c < 3; ++c) std::copy_n(below.row(c, height / 2), height / 2 * width, p.row(c, height / 2));
  return p;
}

TEST(MeanMotion, SaysWhereAClipGoesPlaceByPlace) {
  Threads threads(1);
  MeanMotion motion;
  for (int f = 0; f < 6; ++f) motion.next(rolling(96, 128, 1.5 * f), threads);
  EXPECT_EQ(motion.pairs(), 5);
  const Flow mean = motion.mean();
  for (const int x : {24, 64, 104}) {
    EXPECT_NEAR(mean.at(0, 20, x), -1.5, 0.2);
    EXPECT_NEAR(mean.at(0, 76, x), 1.5, 0.2);
    EXPECT_NEAR(mean.at(1, 20, x), 0, 0.2);
  }
  const Flow small = resize_flow(mean, 48, 32);
  EXPECT_NEAR(small.at(0, 10, 16), -1.5 / 4, 0.05);
}

TEST(Flow, BothWaysAreThoseOfEachWayForAnyNumberOfThreads) {
  const Planes from = texture(120, 161);
  const Planes to = texture(120, 161, -5, 2);
  Threads one(1);
  Threads two(2);
  for (const std::string& name : flow_methods()) {
    if (name == "deepflow" || name == "ldof") continue;  // slow, and the same by the same means
    const FlowPair a = find_flows(from, to, flow_method(name), one);
    const FlowPair b = find_flows(from, to, flow_method(name), two);
    EXPECT_EQ(a.forward.data(), b.forward.data()) << name;
    EXPECT_EQ(a.backward.data(), b.backward.data()) << name;
    EXPECT_EQ(a.forward.data(), find_flow(from, to, flow_method(name)).data()) << name;
    EXPECT_EQ(a.backward.data(), find_flow(to, from, flow_method(name)).data()) << name;
  }
}

TEST(Flow, PicturesOfAnySizeAndAnyContentHaveOne) {
  constexpr float kNan = std::numeric_limits<float>::quiet_NaN();
  for (const std::string& name : flow_methods()) {
    for (const auto& [height, width] : {std::pair(1, 1), {1, 40}, {7, 3}, {12, 12}, {31, 33}, {5, 200}}) {
      const Flow flow = find_flow(texture(height, width), texture(height, width, 1), flow_method(name));
      EXPECT_EQ(flow.height(), height);
      EXPECT_EQ(flow.width(), width);
      for (const float v : flow.data()) ASSERT_TRUE(std::isfinite(v)) << name << " " << width;
    }
    const Flow odd = find_flow(Planes(3, 40, 40, kNan), Planes(1, 40, 40, 1e30F), flow_method(name));
    for (const float v : odd.data()) ASSERT_TRUE(std::isfinite(v)) << name;
  }
}

TEST(Flow, ErrorsSayWhat) {
  EXPECT_EQ(message_of([] { find_flow(Planes(3, 4, 5), Planes(3, 4, 6), FlowMethod::kDisFast); }),
            "cannot find the motion between two pictures: one is 5x4, the other 6x4");
  EXPECT_EQ(message_of([] { find_flow({}, {}, FlowMethod::kDisFast); }),
            "cannot find the motion between two pictures: there is no picture");
  EXPECT_TRUE(message_of([] { flow_method("dis-fsat"); }).find("did you mean 'dis-fast'?") !=
              std::string::npos);
}

TEST(Warp, CarriesAPictureAlongAFlow) {
  const Planes picture = texture(20, 30);
  Flow flow(2, 20, 30);
  Threads threads(2);
  Planes out;
  warp(picture, flow, out, threads);
  EXPECT_EQ(out.data(), picture.data());
  for (size_t i = 0; i < flow.plane_size(); ++i) flow.plane(0)[i] = 2.5F, flow.plane(1)[i] = -1;
  warp(picture, flow, out, threads);
  EXPECT_FLOAT_EQ(out.at(1, 5, 4), (picture.at(1, 4, 6) + picture.at(1, 4, 7)) / 2);
  EXPECT_FLOAT_EQ(out.at(2, 0, 29), picture.at(2, 0, 29));  // beyond the edges is the edge
}

TEST(Warp, SurvivesAnyFlow) {
  const Planes picture = texture(4, 5);
  Threads threads(1);
  Planes out;
  for (const float v : {std::numeric_limits<float>::quiet_NaN(), std::numeric_limits<float>::infinity(),
                        -std::numeric_limits<float>::infinity(), 1e30F, -1e30F}) {
    warp(picture, Flow(2, 4, 5, v), out, threads);
    for (const float sample : out.data()) EXPECT_TRUE(sample >= 0 && sample <= 1) << v;
    const Planes trust = consistency(Flow(2, 4, 5, v), Flow(2, 4, 5, v), threads);
    for (const float sample : trust.data()) EXPECT_EQ(sample, 0) << v;
  }
  EXPECT_NE(message_of([&] { warp(picture, Flow(2, 5, 5), out, threads); }), "");
}

TEST(Warp, TheMaskIsTheSameForAnyNumberOfThreads) {
  Threads one(1);
  Threads three(3);
  const FlowPair flows = find_flows(texture(90, 70), texture(90, 70, 3, 1), FlowMethod::kDisFast, three);
  const Planes a = consistency(flows.forward, flows.backward, one);
  EXPECT_EQ(a.data(), consistency(flows.forward, flows.backward, three).data());
  Planes b;
  Planes c;
  warp(texture(90, 70), flows.forward, b, one);
  warp(texture(90, 70), flows.forward, c, three);
  EXPECT_EQ(b.data(), c.data());
}

// A square moves 12 pixels to the right over a ground at rest: what it uncovers was not seen before.
TEST(Consistency, AMovingSquareHidesWhatItUncovers) {
  constexpr int kSide = 128, kSquare = 48, kTop = 40, kLeft = 30, kStep = 12;
  const auto scene = [&](int left) {
    Planes p = texture(kSide, kSide);
    const Planes square = texture(kSquare, kSquare, 100, 50, 1.7);
    for (int c = 0; c < 3; ++c) {
      for (int y = 0; y < kSquare; ++y) {
        for (int x = 0; x < kSquare; ++x)
          p.at(c, kTop + y, left + x) = (c == 0 ? 1 : 0.6F) * square.at(c, y, kSquare - 1 - x);
      }
    }
    return p;
  };
  Threads threads(2);
  const auto mean = [](const Planes& p, int top, int left, int height, int width) {
    double sum = 0;
    for (int y = top; y < top + height; ++y) {
      for (int x = left; x < left + width; ++x) sum += p.at(0, y, x);
    }
    return sum / (height * width);
  };
  const auto masks = [&](const Flow& forward, const Flow& backward) {
    const Planes trust = consistency(backward, forward, threads);
    // uncovered; the square; the ground above it and to the right
    EXPECT_LT(mean(trust, kTop + 4, kLeft + 1, kSquare - 8, kStep - 2), 0.25);
    EXPECT_GT(mean(trust, kTop + 10, kLeft + kStep + 10, kSquare - 20, kSquare - 20), 0.95);
    EXPECT_GT(mean(trust, 4, 4, kTop - 16, kSide - 8), 0.95);
    EXPECT_GT(mean(trust, kTop, kLeft + kStep + kSquare + 12, kSquare, 20), 0.9);
  };
  const FlowPair flows = find_flows(scene(kLeft), scene(kLeft + kStep), FlowMethod::kDisMedium, threads);
  masks(flows.forward, flows.backward);
  // by the true flow, the mask ends where the square does
  const auto truth = [&](int left, float step) {
    Flow flow(2, kSide, kSide);
    for (int y = kTop; y < kTop + kSquare; ++y) std::fill_n(flow.row(0, y) + left, kSquare, step);
    return flow;
  };
  masks(truth(kLeft, kStep), truth(kLeft + kStep, -kStep));
}

TEST(Consistency, WhatComesInOverTheEdgeIsNotTrusted) {
  Threads threads(1);
  const Planes trust = consistency(Flow(2, 20, 40, -5), Flow(2, 20, 40, 5), threads);
  EXPECT_EQ(trust.at(0, 10, 2), 0);
  EXPECT_EQ(trust.at(0, 2, 20), 0);
  EXPECT_EQ(trust.at(0, 10, 20), 1);
  EXPECT_EQ(trust.at(0, 19, 39), 1);
}

// Another scene than texture()'s.
Planes other_scene(int height, int width) {
  Planes p = texture(height, width, 400, 300);
  for (int c = 0; c < 3; ++c) {
    for (int y = 0; y < height; ++y) {
      for (int x = 0; x < width; ++x)
        p.at(c, y, x) =
            0.3F + ((x / 17 + y / 13) % 3 == 0 ? 0.5F : 0.1F) * p.at(c, y, (x * x / 50 + y) % width);
    }
  }
  return p;
}

TEST(Cut, AnotherSceneIsOneAndMotionFadesAndFlashesAreNot) {
  const Planes scene = texture(180, 320);
  EXPECT_TRUE(is_cut(scene, other_scene(180, 320)));
  EXPECT_FALSE(is_cut(scene, scene));
  EXPECT_FALSE(is_cut(scene, texture(180, 320, 60, -20)));
  for (const double contrast : {0.05, 0.3, 3.0, 8.0})
    EXPECT_FALSE(is_cut(scene, texture(180, 320, 0, 0, contrast))) << contrast;
  EXPECT_FALSE(is_cut(scene, Planes(3, 180, 320)));
  EXPECT_FALSE(is_cut(Planes(3, 180, 320, 1), scene));
  EXPECT_FALSE(is_cut(Planes(1, 1, 1), Planes(1, 1, 1)));
}

TEST(Cut, APictureWithoutStructureIsWaitedOut) {
  Threads threads(1);
  CutFinder finder;
  const Planes scene = texture(180, 320);
  const Planes white(3, 180, 320, 1);
  EXPECT_FALSE(finder.next(scene, threads));
  EXPECT_FALSE(finder.next(white, threads));
  EXPECT_FALSE(finder.next(scene, threads));  // it was a flash
  EXPECT_FALSE(finder.next(white, threads));
  EXPECT_TRUE(finder.next(other_scene(180, 320), threads));
  finder.restart();
  EXPECT_FALSE(finder.next(scene, threads));
}

TEST(InputMotion, FlowIsThatBackToTheLastPicture) {
  Threads threads(2);
  InputMotion motion(FlowMethod::kDisFast);
  const Planes first = texture(96, 128);
  const Planes second = texture(96, 128, 4, -2);
  motion.next(&first, threads);
  EXPECT_EQ(motion.flow(), nullptr);
  EXPECT_EQ(motion.trust(), nullptr);
  motion.next(&second, threads);
  ASSERT_NE(motion.flow(), nullptr);
  EXPECT_LT(error_of(*motion.flow(), -4, 2), 0.2);
  EXPECT_GT(motion.trust()->at(0, 48, 64), 0.9F);
  motion.next(&second, threads);  // shown again
  ASSERT_NE(motion.flow(), nullptr);
  EXPECT_EQ(motion.flow()->data(), std::vector<float>(size_t{2} * 96 * 128, 0.0F));
  EXPECT_EQ(motion.trust()->at(0, 0, 0), 1);
}

TEST(InputMotion, OfLargePicturesIsThatOfSmallOnesEnlarged) {
  Threads threads(2);
  InputMotion motion(FlowMethod::kDisFast, 96);
  const Planes first = resize(texture(96, 128), 192, 256);
  const Planes second = resize(texture(96, 128, 4, -2), 192, 256);
  motion.next(&first, threads);
  motion.next(&second, threads);
  ASSERT_NE(motion.flow(), nullptr);
  EXPECT_TRUE(motion.flow()->same_shape(Flow(2, 192, 256)));
  EXPECT_TRUE(motion.trust()->same_shape(Planes(1, 192, 256)));
  EXPECT_LT(error_of(*motion.flow(), -8, 4), 0.7);
  EXPECT_GT(motion.trust()->at(0, 96, 128), 0.9F);
}

TEST(InputMotion, ThereIsNoneOfTheFirstAfterACutAndAfterNothing) {
  Threads threads(1);
  InputMotion motion(FlowMethod::kDisFast);
  const Planes scene = texture(96, 128);
  const Planes other = other_scene(96, 128);
  const Planes smaller = texture(48, 64);
  const auto has_flow = [&](const Planes* picture) {
    motion.next(picture, threads);
    EXPECT_EQ(motion.flow() == nullptr, motion.trust() == nullptr);
    return motion.flow() != nullptr;
  };
  EXPECT_FALSE(has_flow(&scene));
  EXPECT_TRUE(has_flow(&scene));
  EXPECT_FALSE(has_flow(&other));
  EXPECT_TRUE(has_flow(&other));
  EXPECT_FALSE(has_flow(nullptr));
  EXPECT_FALSE(has_flow(&other));
  EXPECT_FALSE(has_flow(&smaller));
  EXPECT_TRUE(has_flow(&smaller));
  motion.forget();
  EXPECT_FALSE(has_flow(&smaller));
}

TEST(Flo, SurvivesAFile) {
  const TemporaryFolder folder;
  Flow flow(2, 3, 5);
  Random draws(1);
  for (float& v : flow.data()) v = static_cast<float>(10 * draws.normal());
  flow.at(1, 2, 2) = 1.6667e9F;
  write_flo(folder.path() / "a.flo", flow);
  const Flow again = read_flo(folder.path() / "a.flo");
  EXPECT_TRUE(again.same_shape(flow));
  EXPECT_EQ(again.data(), flow.data());
  EXPECT_FALSE(is_known(again.at(0, 2, 2), again.at(1, 2, 2)));
  EXPECT_FALSE(is_known(std::numeric_limits<float>::quiet_NaN(), 0));
}

TEST(Flo, HostileHeadersAreRefused) {
  std::vector<uint8_t> bytes = flo_bytes(Flow(2, 2, 2));
  EXPECT_EQ(parse_flo(bytes, "x").width(), 2);
  const auto refused = [&](size_t at, uint8_t value) {
    std::vector<uint8_t> changed = bytes;
    changed[at] = value;
    return message_of([&] { parse_flo(changed, "x.flo"); });
  };
  EXPECT_EQ(refused(0, 'Q'), "cannot read x.flo: it is not a .flo file: it does not begin with PIEH");
  EXPECT_EQ(refused(7, 0xff), "cannot read x.flo: its size, 4278190082x2, is not within 1 to 16384");
  EXPECT_EQ(refused(4, 0), "cannot read x.flo: its size, 0x2, is not within 1 to 16384");
  EXPECT_EQ(refused(9, 0x40), "cannot read x.flo: its size, 2x16386, is not within 1 to 16384");
  EXPECT_EQ(refused(8, 3), "cannot read x.flo: 2x3 pixels take 60 bytes, and it has 44");
  bytes.resize(11);
  EXPECT_NE(message_of([&] { parse_flo(bytes, "x"); }), "");
  EXPECT_NE(message_of([&] { parse_flo({}, "x"); }), "");
  EXPECT_NE(message_of([&] { read_flo("no-such.flo"); }), "");
}

TEST(Corpus, Flo) {
  replay_corpus("flo",
                [](const std::vector<uint8_t>& bytes, const std::string& file) { parse_flo(bytes, file); });
}

TEST(Colours, DirectionIsHueAndSpeedIsSaturation) {
  Flow flow(2, 1, 6);
  flow.at(0, 0, 1) = 4;     // right: red
  flow.at(0, 0, 2) = -4;    // left: between green and blue
  flow.at(1, 0, 3) = 2;     // down, at half speed
  flow.at(0, 0, 4) = 2e9F;  // unknown
  const Planes p = flow_colours(flow);
  for (int c = 0; c < 3; ++c) {
    EXPECT_EQ(p.at(c, 0, 0), 1);  // at rest: white
    EXPECT_EQ(p.at(c, 0, 4), 0);
  }
  EXPECT_FLOAT_EQ(p.at(0, 0, 1), 1);
  EXPECT_LT(p.at(1, 0, 1) + p.at(2, 0, 1), 0.2F);
  EXPECT_LT(p.at(0, 0, 2), 0.1F);
  EXPECT_GT(std::min({p.at(0, 0, 3), p.at(1, 0, 3), p.at(2, 0, 3)}), 0.45F);
  EXPECT_FLOAT_EQ(flow_colours(flow, 2).at(0, 0, 1), 0.75F);  // faster than the largest
}

}  // namespace
}  // namespace reverie
