#include "models/hourglass/config.h"

#include <fmt/format.h>

#include "core/error.h"

namespace reverie {

const std::vector<std::string>& init_words() {
  static const std::vector<std::string> words = {"gaussian", "xavier"};
  return words;
}

int HourglassConfig::shrink(int level) const {
  int s = 1;
  for (int l = 0; l < level; ++l) s *= levels[static_cast<size_t>(l)].pool_size;
  return s;
}

void check_hourglass(const HourglassConfig& config, const std::string& what) {
  if (config.levels.empty()) throw Error("use", what, "the hourglass has no level");
  for (size_t l = 0; l < config.levels.size(); ++l) {
    const LevelConfig& level = config.levels[l];
    const auto fail = [&](const std::string& why) {
      throw Error("use", what, fmt::format("level {}: {}", l + 1, why));
    };
    if (level.encode_kernel % 2 == 0) fail(fmt::format("encode_kernel {} is not odd", level.encode_kernel));
    if (level.decode_kernel < level.pool_size || (level.decode_kernel - level.pool_size) % 2 != 0) {
      fail(fmt::format("decode_kernel {} is not pool_size {} plus an even number", level.decode_kernel,
                       level.pool_size));
    }
    const int transposed = level.encode_kernel + level.pool_size - 1;
    if (config.tied && level.decode_kernel != transposed) {
      fail(fmt::format("tied weights need decode_kernel {}: encode_kernel + pool_size - 1", transposed));
    }
  }
}

}  // namespace reverie
