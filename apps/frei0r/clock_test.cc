#include "clock.h"

#include <gtest/gtest.h>

#include <cmath>

namespace reverie {
namespace {

TEST(HostClock, CountsAsARenderDoes) {
  for (const double rate : {24.0, 25.0, 30.0, 30000.0 / 1001, 60.0}) {
    HostClock clock;
    for (int i = 0; i < 2000; ++i) {
      const double told = 3.2 + std::round(i / rate * 1e6) / 1e6;  // a host that counts microseconds
      EXPECT_EQ(clock.seconds(told), i / rate) << rate << " " << i;
    }
  }
}

TEST(HostClock, UnderstandsMilliseconds) {
  for (const double rate : {25.0, 30.0, 60.0}) {
    HostClock clock;
    for (int i = 0; i < 500; ++i)
      EXPECT_EQ(clock.seconds(i * (1 / rate) * 1000), i / rate) << rate << " " << i;
  }
}

TEST(HostClock, TakesOtherTimesAsTheyAre) {
  HostClock clock;
  EXPECT_EQ(clock.seconds(1), 0);
  EXPECT_EQ(clock.seconds(1.0371), 1.0371 - 1);
  EXPECT_FALSE(clock.goes_back(1.0371));
  EXPECT_TRUE(clock.goes_back(0.5));
  EXPECT_TRUE(clock.goes_back(std::nan("")));
  clock.restart();
  EXPECT_FALSE(clock.goes_back(0.5));
  EXPECT_EQ(clock.seconds(0.5), 0);
}

}  // namespace
}  // namespace reverie
