// Small record sets for tests.
#pragma once

#include <cmath>
#include <filesystem>
#include <vector>

#include "core/random.h"
#include "core/test_help.h"
#include "data/record_set.h"

namespace reverie {

// Writes pictures of stripes with a period of 4 pixels, in any phase, strength and tint, with some noise,
// alternately labelled "along" and "across".
inline void write_striped_set(const std::filesystem::path& file, int train, int test, int side) {
  Random random(11);
  RecordSetWriter writer(file);
  const int labels[2] = {writer.label("along"), writer.label("across")};
  for (int i = 0; i < train + test; ++i) {
    const double phase = random.uniform() * 6.283;
    const double strength = 30 + 60 * random.uniform();
    const double tint[3] = {100 + 50 * random.uniform(), 100 + 50 * random.uniform(),
                            100 + 50 * random.uniform()};
    std::vector<uint8_t> pixels;
    for (int y = 0; y < side; ++y) {
      for (int x = 0; x < side; ++x) {
        const double wave = strength * std::sin((i % 2 == 0 ? y : x) * 1.5708 + phase);
        for (const double t : tint)
          pixels.push_back(static_cast<uint8_t>(std::clamp(t + wave + 5 * random.normal(), 0.0, 255.0)));
      }
    }
    writer.add(pixels, side, side, labels[i % 2], i < train ? Split::kTrain : Split::kTest);
  }
  writer.finish();
}

inline RecordSet striped_set(int train, int test, int side) {
  const TemporaryFolder folder;
  const std::filesystem::path file = folder.path() / "stripes.tfrecord";
  write_striped_set(file, train, test, side);
  return RecordSet::open(file);
}

}  // namespace reverie
