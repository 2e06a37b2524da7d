#include "sound/sound_on_clock.h"

#include <gtest/gtest.h>

#include <cmath>
#include <random>
#include <vector>

namespace reverie {
namespace {

constexpr int kRate = SoundOnClock::kRate, kBlock = 480;

// A device that is off by this share, whose blocks arrive up to so many seconds late, heard for a while in
// pieces of a frame: the times of the clicks in what was read, where one sounds each second of the clock.
std::vector<double> clicks_heard(double off, double latest, double gap_at = 1e9, double gap = 0) {
  SoundOnClock sound;
  std::mt19937 draws(3);
  std::uniform_real_distribution<double> late(0, latest);
  std::vector<double> clicks;
  std::vector<float> out(1600 * 2);
  double time = 100, asked = 100;
  const double piece = 1600.0 / kRate;
  while (time < 130) {
    if (std::exchange(gap_at, time >= gap_at ? 1e9 : gap_at) <= time) time += gap;
    std::vector<float> block(kBlock * 2);
    for (int i = 0; i < kBlock; ++i) {
      const double now = time + i / (kRate * (1 + off));
      const double before = now - 1 / (kRate * (1 + off));
      block[2 * i] = block[2 * i + 1] = std::floor(now) > std::floor(before) ? 1.0F : 0.0F;
    }
    time += kBlock / (kRate * (1 + off));
    sound.push(block, time + late(draws));
    while (asked + piece < time - 0.1) {
      const size_t known = sound.read(asked, out);
      EXPECT_EQ(known, 1600U) << asked;
      for (size_t i = 0; i < known; ++i) {
        if (out[2 * i] > 0.5F) clicks.push_back(asked + static_cast<double>(i) / kRate);
      }
      asked += piece;
    }
  }
  return clicks;
}

TEST(SoundOnClockTest, ASoundIsWithinAMillisecondOfItsTime) {
  for (const double off : {0.0, 2e-4, -2e-4}) {
    const std::vector<double> clicks = clicks_heard(off, 0.02);
    EXPECT_GE(clicks.size(), 25U) << off;
    for (const double at : clicks) EXPECT_LT(std::abs(at - std::round(at)), 0.001) << off << " at " << at;
  }
}

// For three seconds no block arrives less than 6 ms late.
TEST(SoundOnClockTest, ABusyMachineDoesNotMoveIt) {
  SoundOnClock sound;
  std::vector<float> block(kBlock * 2, 0.5F), out(2);
  for (int i = 1; i <= 1000; ++i) {
    const double time = i * 0.01;
    sound.push(block, time + (time > 4 && time < 7 ? 0.006 : 0));
    EXPECT_LT(std::abs(sound.newest() - time), 0.001) << time;
  }
}

TEST(SoundOnClockTest, AfterAGapItIsInTimeAgain) {
  const std::vector<double> clicks = clicks_heard(0, 0.01, 110.5, 2.2);
  ASSERT_GE(clicks.size(), 22U);
  EXPECT_LT(clicks.size(), 29U);
  for (const double at : clicks) EXPECT_LT(std::abs(at - std::round(at)), 0.001) << at;
}

TEST(SoundOnClockTest, WhatHasNotArrivedIsNotKnown) {
  SoundOnClock sound;
  std::vector<float> out(100, 7);
  EXPECT_EQ(sound.read(5, out), 0U);
  sound.push(std::vector<float>(960, 0.5F), 5);
  EXPECT_EQ(sound.read(4.995, out), 50U);
  EXPECT_FLOAT_EQ(out[0], 0.5F);
  EXPECT_EQ(sound.read(5.01, out), 0U);
}

}  // namespace
}  // namespace reverie
