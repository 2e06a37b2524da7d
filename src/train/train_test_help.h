// A small recipe and a small record set, for the tests of the lab.
#pragma once

#include <cmath>

#include "core/test_help.h"
#include "data/record_set.h"
#include "train/hourglass_task.h"
#include "train/recipe.h"

namespace reverie {

inline constexpr const char* kSmall = R"(
[hourglass]
channels = [4, 6]
pool = ["max", "mean"]
decode_kernel = [4, 2]

[input]
flip = true
shift = 1
noise = 2
corrupt = 0.1
drop = 0.1

[[stage]]
loss_weights = [1, 0.5]
batch = 6
iterations = 12
rate = 0.002
[stage.rate_multipliers]
"encode1.bias" = 2

[[stage]]
solver = "adam"
batch = 4
iterations = 8
rate_policy = "cosine"
warm_up = 3
)";

inline const HourglassConfig& config_of(const Recipe& recipe) {
  return hourglass_settings(recipe).net;
}

inline Recipe small(const std::vector<std::string>& changes = {}) {
  return parse_recipe(kSmall, "small.toml", changes);
}

// 20 pictures of soft stripes for training, 5 for testing.
inline std::filesystem::path small_set(const TemporaryFolder& folder) {
  const std::filesystem::path path = folder.path() / "stripes.tfrecord";
  RecordSetWriter writer(path);
  writer.label("stripes");
  for (int i = 0; i < 25; ++i) {
    std::vector<uint8_t> pixels(size_t{16} * 16 * 3);
    for (size_t p = 0; p < pixels.size(); ++p) {
      const auto x = static_cast<double>(p / 3 % 16);
      const auto y = static_cast<double>(p / 48);
      const double wave = std::sin(0.3 * i + 0.4 * x * (i % 3) + 0.3 * y + static_cast<double>(p % 3));
      pixels[p] = static_cast<uint8_t>(128 + 100 * wave);
    }
    writer.add(pixels, 16, 16, 0, i < 20 ? Split::kTrain : Split::kTest);
  }
  writer.finish();
  return path;
}

}  // namespace reverie
