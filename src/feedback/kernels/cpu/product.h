// The product that every convolution of the fast kernel consists of.
#pragma once

#include <cstddef>
#include <functional>
#include <optional>
#include <vector>

#include "feedback/kernels/cpu/bf16_product.h"
#include "feedback/kernels/cpu/memory.h"
#include "feedback/parameters.h"

namespace reverie::cpu {

// Weights [outputs, taps] split into blocks of outputs whose sums fit into the registers: up to kMostBlock of
// them, in bf16 up to kMostTileOutputs.
struct Weights {
  struct Block {
    int first = 0, count = 0;
  };

  // Blocks hold a multiple of `group` outputs (1..kMostBlock, which divides `output_count`).
  Weights(int output_count, int tap_count, int group, const std::function<float(int output, int tap)>& weight,
          const std::function<float(int output)>& bias_of, Precision precision = Precision::kFp32);

  const float* of(const Block& b) const {
    return packed.get() + static_cast<size_t>(b.first) * static_cast<size_t>(taps);
  }

  size_t bytes() const;

  // Planes that `out` of a product must have.
  int out_planes() const;

  int outputs, taps;
  std::vector<Block> blocks;
  size_t packed_size = 0;
  Samples packed;                   // block by block, [taps][count]
  std::vector<float> bias;          // [outputs]
  std::optional<Bf16Weights> bf16;  // or this instead of both
};

constexpr int kMostBlock = 12;

// Where a product reads and writes: `rows` rows of `width` samples.
struct ProductPlace {
  const float* in;
  ptrdiff_t in_pitch;
  float* out;                      // rounded up to whole vectors, like the reads
  ptrdiff_t out_pitch, out_plane;  // between two rows, between two outputs
  int rows, width;
};

// The positions of a product's taps: sample k of place (y, x) is in[y][x + offset[k]].
struct Taps {
  Taps(const ptrdiff_t* offset_of) : offset(offset_of) {}  // NOLINT: in fp32 this is all
  const ptrdiff_t* offset;
  const Pair* pairs = nullptr;  // in bf16, all of the place's taps, rounded
};

// What the products of these weights, or of others with the same shape, read at a place: valid until this
// thread's next call.
Taps gather(const Weights& weights, const ptrdiff_t* offset, const ProductPlace& place);

// out[n][y][x] = bias[n] + sum over k of weight[n][k] * in[y][x + offset[k]], n in the block.
void multiply(const Weights& weights, const Weights::Block& block, const Taps& taps,
              const ProductPlace& place);

}  // namespace reverie::cpu
