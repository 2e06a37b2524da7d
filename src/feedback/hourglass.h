// The hourglass as data: the shapes and weights that the transition uses.
#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "core/parameter.h"
#include "core/random.h"
#include "feedback/parameters.h"
#include "weights/hourglass_file.h"
#include "weights/tensor.h"

namespace reverie {

// What connects level l and level l + 1.
struct Layer {
  int lower = 3, upper = 12;  // channels of level l and of level l + 1
  int encode_kernel = 3;      // odd
  int decode_kernel = 2;      // pool_size plus an even number
  int pool_size = 2;
  std::vector<float> encode_weight;  // [upper, lower, k, k], cross-correlation as in Caffe and PyTorch
  std::vector<float> encode_bias;    // [upper]
  std::vector<float> decode_weight;  // [upper, lower, k, k], transposed convolution, stride pool_size
  std::vector<float> decode_bias;    // [lower]
  // What a file says of its own network; nothing where it does not.
  std::optional<PoolKind> pool;
  std::optional<ActivationKind> activation;
};

struct Hourglass {
  std::vector<Layer> layers;  // from the picture up
  // The precision of its convolutions, if a kernel offers more than fp32.
  Precision precision = Precision::kFp32;
  // Of the file it was read from (kHourglassFormat); 1 for files of version 0.1 and random weights: what
  // their layers say of pooling and activation does not count.
  int format = 1;

  int levels() const { return static_cast<int>(layers.size()); }
  int channels(int level) const { return level == 0 ? 3 : layers[static_cast<size_t>(level) - 1].upper; }
  size_t bytes() const;         // of all weights
  int shrink(int level) const;  // how many pixels one sample of the level spans
};

constexpr int kPictureChannels = 3;

// Split off a part's seed: the stream that random weights are drawn from.
inline constexpr uint64_t kWeightsStream = 1;

// The hourglass that the fixed parameters describe: random (from `random`, or, where `weights_seed` is not 0,
// what a part of that seed draws), or read from `weights`. find_file resolves that name.  Error if the parts
// of a file do not match, if a kernel and a pool size do not, or if random weights would take too much
// memory.  After Ctrl-C the remaining random weights are 0.
Hourglass make_hourglass(const ParameterValues& values, Random random,
                         const std::function<std::filesystem::path(const std::string&)>& find_file);

// From tensors encodeN.weight [upper, lower, k, k], encodeN.bias, decodeN.weight [upper, lower, k, k],
// decodeN.bias, N = 1..; pool_size from the metadata if given there, else from the argument.
Hourglass hourglass_from_tensors(const TensorFile& file, const std::function<int(int level)>& pool_size);

// The same from a folder of .npy files, including those of 2015 (weights/npy_folder.h).
Hourglass hourglass_from_npy_folder(const std::filesystem::path& folder,
                                    const std::function<int(int level)>& pool_size);

}  // namespace reverie
