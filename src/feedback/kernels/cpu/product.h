// The product that every convolution of the fast kernel is made of.
#pragma once

#include <cstddef>
#include <functional>
#include <vector>

#include "feedback/kernels/cpu/memory.h"

namespace reverie::cpu {

// Weights [outputs, taps] cut into blocks of up to kMostBlock outputs, whose sums fit into the registers.
struct Weights {
  struct Block {
    int first = 0, count = 0;
  };

  // Blocks hold a multiple of `group` outputs (1..kMostBlock, which divides `output_count`).
  Weights(int output_count, int tap_count, int group, const std::function<float(int output, int tap)>& weight,
          const std::function<float(int output)>& bias_of);

  const float* of(const Block& b) const {
    return packed.get() + static_cast<size_t>(b.first) * static_cast<size_t>(taps);
  }

  size_t bytes() const;

  int outputs, taps;
  std::vector<Block> blocks;
  size_t packed_size;
  Samples packed;           // block by block, [taps][count]
  std::vector<float> bias;  // [outputs]
};

constexpr int kMostBlock = 12;

// Where a product reads and writes: `rows` rows of `width` samples.
struct ProductPlace {
  const float* in;
  ptrdiff_t in_pitch;
  float* out;                      // rounded up to whole vectors, like the reading
  ptrdiff_t out_pitch, out_plane;  // of two rows, of two outputs
  int rows, width;
};

// out[n][y][x] = bias[n] + sum over k of weight[n][k] * in[y][x + offset[k]], n in the block.
void multiply(const Weights& weights, const Weights::Block& block, const ptrdiff_t* offset,
              const ProductPlace& place);

}  // namespace reverie::cpu
