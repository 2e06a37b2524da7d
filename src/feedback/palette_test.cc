#include "feedback/palette.h"

#include <gtest/gtest.h>

#include <cmath>

#include "core/random.h"

namespace reverie {
namespace {

Planes noise_picture(uint64_t seed, std::array<float, 3> mean, std::array<float, 3> spread) {
  Planes p(3, 64, 64);
  const Random r(seed);
  for (int c = 0; c < 3; ++c) {
    for (size_t i = 0; i < p.plane_size(); ++i) {
      const float shared = r.signed_at(i);
      const float own = r.split(static_cast<uint64_t>(c)).signed_at(i);
      p.plane(c)[i] =
          mean[static_cast<size_t>(c)] + spread[static_cast<size_t>(c)] * (0.7F * shared + 0.3F * own);
    }
  }
  return p;
}

TEST(Palette, GivesMeanAndCovarianceOfThePalette) {
  Threads threads(2);
  const ColourStatistics wanted =
      colour_statistics(noise_picture(1, {0.6F, 0.4F, 0.5F}, {0.2F, -0.15F, 0.1F}), threads);
  Planes picture = noise_picture(2, {0.3F, 0.3F, 0.8F}, {0.1F, 0.2F, 0.15F});
  Palette().apply(picture, wanted, {1, 1, 0.2F}, threads);
  const ColourStatistics got = colour_statistics(picture, threads);
  for (size_t i = 0; i < 3; ++i) EXPECT_NEAR(got.mean[i], wanted.mean[i], 0.01);
  for (size_t i = 0; i < 9; ++i) EXPECT_NEAR(got.covariance[i], wanted.covariance[i], 0.002);
}

TEST(Palette, MixZeroLeavesThePictureAlone) {
  Threads threads(1);
  const Planes before = noise_picture(2, {0.5F, 0.5F, 0.5F}, {0.3F, 0.3F, 0.3F});
  Planes after = before;
  Palette().apply(after, colour_statistics(noise_picture(3, {0.2F, 0.2F, 0.2F}, {0.1F, 0.1F, 0.1F}), threads),
                  {0, 1, 1}, threads);
  EXPECT_NEAR(mean_absolute_difference(before, after), 0, 1e-6);
}

TEST(Palette, AFlatPictureDoesNotBlowUp) {
  Threads threads(1);
  Planes flat(3, 8, 8, 0.5F);
  Palette().apply(flat, colour_statistics(noise_picture(3, {0.2F, 0.6F, 0.2F}, {0.1F, 0.1F, 0.1F}), threads),
                  {}, threads);
  for (size_t i = 0; i < flat.plane_size(); ++i) EXPECT_NEAR(flat.plane(1)[i], 0.6, 0.05);
}

}  // namespace
}  // namespace reverie
