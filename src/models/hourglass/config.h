// The shape of an hourglass: what a recipe says and a model file keeps.
#pragma once

#include <string>
#include <vector>

#include "weights/hourglass_file.h"

namespace reverie {

enum class InitKind { kGaussian, kXavier };

const std::vector<std::string>& init_words();

// The way between level l and level l + 1: a convolution with padding (encode_kernel - 1) / 2, the activation
// and pooling upwards; a transposed convolution with stride pool_size and padding (decode_kernel - pool_size)
// / 2 and the activation downwards.
struct LevelConfig {
  int channels = 12;  // of level l + 1, 1 to 4096
  int encode_kernel = 3;
  int pool_size = 2;
  int decode_kernel = 2;
  PoolKind pool = PoolKind::kMax;
  ActivationKind activation = ActivationKind::kTanh;
};

struct HourglassConfig {
  std::vector<LevelConfig> levels;  // from the picture upwards, 1 to 6
  // Decoding is the transpose of convolution and mean pooling: one weight for both ways, decode kernels of
  // side encode_kernel + pool_size - 1.
  bool tied = false;
  // Of the picture that comes out, where it is another one than level 1's.
  ActivationKind output = ActivationKind::kTanh;

  int count() const { return static_cast<int>(levels.size()); }
  int channels(int level) const { return level == 0 ? 3 : levels[static_cast<size_t>(level) - 1].channels; }
  // How many pixels one sample of the level spans.
  int shrink(int level) const;
};

// Error (what: the file it came from) where kernels and pools do not fit together.
void check_hourglass(const HourglassConfig& config, const std::string& what);

}  // namespace reverie
