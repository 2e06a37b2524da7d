// The limits that more than one module keeps: what a command line takes can be written to a file and read
// again.
#pragma once

#include <cstdint>

namespace reverie {

inline constexpr int kLargestSide = 16384;  // of a picture, pixels
inline constexpr double kLowestFps = 0.1;
inline constexpr double kHighestFps = 1000;
inline constexpr int64_t kMostFrames = int64_t{1} << 40U;  // also records of a set
inline constexpr int kMostThreads = 1024;
inline constexpr double kLongestFade = 60;      // seconds, from one preset to another
inline constexpr int kMostPresets = 1'000'000;  // counted by controllers

// Of an hourglass.
inline constexpr int kMostLevels = 6;
inline constexpr int kMostChannels = 4096;
inline constexpr int kLargestKernel = 31;
inline constexpr int kLargestPool = 8;

}  // namespace reverie
