// What an hourglass is in a file: the one schema that the player, the lab and the converter share.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "core/limits.h"
#include "weights/tensor.h"

namespace reverie {

enum class PoolKind { kMax, kMean };
enum class ActivationKind { kTanh, kRelu, kLinear, kSigmoid };

const std::vector<std::string>& pool_words();
const std::vector<std::string>& activation_words();

// The metadata `format` of files written today.  Files of version 0.1 do not say theirs, which is 1: whoever
// plays one takes pooling and activation from the preset.
inline constexpr int kHourglassFormat = 2;

// The way between level l and level l + 1.  The tensors are the file's own.
struct HourglassFileLevel {
  int lower = 3, upper = 0;  // channels
  int encode_kernel = 0, decode_kernel = 0;
  const Tensor* encode_weight = nullptr;  // [upper, lower, k, k]
  const Tensor* encode_bias = nullptr;    // [upper]
  const Tensor* decode_weight = nullptr;  // [upper, lower, k, k], transposed convolution
  const Tensor* decode_bias = nullptr;    // [lower]
  std::optional<int> pool_size;           // what follows: nothing where the metadata do not say
  std::optional<PoolKind> pool;
  std::optional<ActivationKind> activation;
};

struct HourglassFile {
  int format = 1;
  std::vector<HourglassFileLevel> levels;  // from the picture upwards, at least one
  std::optional<ActivationKind> output;    // of the picture
  std::optional<double> scale;             // above 0
  bool subtract_mean = true;
  const Tensor* mean = nullptr;  // [3, H, W]
};

// Tensors encodeN.weight, encodeN.bias, decodeN.weight, decodeN.bias, N from 1, mean; metadata family,
// format, pool_size, pool and activation (lists with an entry per level; the last one holds for the levels
// above), output, scale, mean ("training" or "none").  All metadata may be missing.  Whether kernels fit the
// pools is left to the caller, who knows the missing sizes.  Error names the file for another family, for
// what does not fit, and for weights that are not finite.  The result refers to `file`.
HourglassFile read_hourglass_file(const TensorFile& file);

// What the metadata say, as words; the lists have an entry per level.
struct HourglassWords {
  std::vector<std::string> pool_size, pool, activation;
  std::string output;
  double scale = 1;
  bool subtract_mean = false;
};
std::map<std::string, std::string> hourglass_metadata(const HourglassWords& words);

// The metadata `family`; empty where the file does not say.
std::string family_of(const TensorFile& file);

}  // namespace reverie
