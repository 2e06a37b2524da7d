// Small things that move far, with their true flow.
#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <numbers>

#include "core/random.h"
#include "motion/flow.h"

namespace reverie {
namespace {

// Noise of three sizes, smooth between its points: 0..1.
class Texture {
 public:
  explicit Texture(uint64_t seed) : draws_(seed) {}

  float at(double x, double y) const {
    double sum = 0;
    for (const auto& [size, share] : {std::pair(3.0, 0.2), {7.0, 0.3}, {19.0, 0.5}})
      sum += share * noise(x / size, y / size, static_cast<uint64_t>(size));
    return static_cast<float>(std::clamp(0.5 + 0.7 * sum, 0.0, 1.0));
  }

 private:
  double noise(double x, double y, uint64_t layer) const {
    const double fx = std::floor(x);
    const double fy = std::floor(y);
    const auto point = [&](int i, int j) {
      const auto column = static_cast<uint64_t>(static_cast<int64_t>(fx) + i + 100000);
      const auto row = static_cast<uint64_t>(static_cast<int64_t>(fy) + j + 100000);
      return static_cast<double>(draws_.split(layer).signed_at(row * 1000003 + column));
    };
    const auto ease = [](double t) { return t * t * (3 - 2 * t); };
    const double u = ease(x - fx);
    const double v = ease(y - fy);
    const double upper = point(0, 0) + u * (point(1, 0) - point(0, 0));
    return upper + v * (point(0, 1) + u * (point(1, 1) - point(0, 1)) - upper);
  }

  Random draws_;
};

struct Patch {
  double x, y, radius_x, radius_y, dx, dy;
  Texture texture;

  bool covers(double px, double py) const {
    return std::abs(px - x) <= radius_x && std::abs(py - y) <= radius_y;
  }
};

struct Scene {
  Planes from = Planes(1, 240, 320), to = from;
  Flow truth = Flow(2, 240, 320);
};

// Five patches of 20 to 48 pixels move by 20 to 60 over a ground that stands still.
Scene make_scene(uint64_t seed) {
  Random draws(seed);
  const Texture ground(draws.bits());
  Scene scene;
  std::vector<Patch> patches;
  const auto between = [&](double low, double high) { return low + (high - low) * draws.uniform(); };
  while (patches.size() < 5) {
    const double far = std::round(between(20, 60));
    const double turn = between(0, 2 * std::numbers::pi);
    Patch p = {between(30, 290),     between(30, 210),     between(10, 24),      between(10, 24),
               far * std::cos(turn), far * std::sin(turn), Texture(draws.bits())};
    const double x = p.x + p.dx;
    const double y = p.y + p.dy;
    if (x < 24 || x > 296 || y < 24 || y > 216) continue;
    patches.push_back(p);
  }
  for (int y = 0; y < 240; ++y) {
    for (int x = 0; x < 320; ++x) {
      scene.from.at(0, y, x) = scene.to.at(0, y, x) = ground.at(x, y);
      for (const Patch& p : patches) {  // later ones in front
        if (p.covers(x, y)) {
          scene.from.at(0, y, x) = p.texture.at(x - p.x, y - p.y);
          scene.truth.at(0, y, x) = static_cast<float>(p.dx);
          scene.truth.at(1, y, x) = static_cast<float>(p.dy);
        }
        if (p.covers(x - p.dx, y - p.dy)) scene.to.at(0, y, x) = p.texture.at(x - p.dx - p.x, y - p.dy - p.y);
      }
    }
  }
  return scene;
}

TEST(LargeDisplacements, AreFoundByLdofAndNotByDeepFlow) {
  double deep = 0;
  double large = 0;
  constexpr int kScenes = 4;
  for (int i = 0; i < kScenes; ++i) {
    const Scene s = make_scene(static_cast<uint64_t>(i) + 1);
    const double a = end_point_error(find_flow(s.from, s.to, FlowMethod::kDeepFlow), s.truth);
    const double b = end_point_error(find_flow(s.from, s.to, FlowMethod::kLdof), s.truth);
    const double c = end_point_error(find_flow(s.from, s.to, FlowMethod::kDisFine), s.truth);
    fmt::print("scene {}: deepflow {:.3f}, ldof {:.3f}, dis-fine {:.3f}, nothing {:.3f} pixels\n", i + 1, a,
               b, c, end_point_error(Flow(2, 240, 320), s.truth));
    EXPECT_LT(b, a);
    deep += a / kScenes;
    large += b / kScenes;
  }
  fmt::print("mean: deepflow {:.3f}, ldof {:.3f} pixels\n", deep, large);
  EXPECT_LE(large, deep / 2);
}

TEST(LargeDisplacements, SamePicturesDoNotMove) {
  const Scene s = make_scene(9);
  const Flow flow = find_flow(s.from, s.from, FlowMethod::kLdof);
  for (const float v : flow.data()) ASSERT_LT(std::abs(v), 0.01F);
}

}  // namespace
}  // namespace reverie
