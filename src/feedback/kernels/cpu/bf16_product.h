// The product of product.h with both factors rounded to bf16, the sums in fp32.
#pragma once

#include <hwy/aligned_allocator.h>

#include <functional>

#include "feedback/kernels/cpu/tiles.h"

namespace reverie::cpu {

constexpr int kMostTileOutputs = kBlockTiles * kTileSide;  // per block

// The nearest bf16 number, ties to even.
uint16_t to_bf16(float v);

// Weights [outputs, taps] as tiles, in blocks of `block_outputs` (17..kMostTileOutputs) except for the last.
class Bf16Weights {
 public:
  Bf16Weights(int outputs, int taps, int block_outputs,
              const std::function<float(int output, int tap)>& weight,
              const std::function<float(int output)>& bias_of);

  size_t bytes() const;
  int tap_tiles() const { return tap_tiles_; }

  // The weights, bias and shape of the block that begins with output `first`; without the samples.
  TileProduct block(int first) const;

 private:
  size_t first_tile(int output) const;  // of its block

  int outputs_, block_outputs_, tap_tiles_;
  size_t tiles_;                               // of outputs
  hwy::AlignedFreeUniquePtr<Pair[]> weights_;  // [tile of outputs][tile of taps][16 outputs][16 pairs]
  hwy::AlignedFreeUniquePtr<float[]> bias_;    // [tile of outputs][16 outputs][16 times the same]
};

// Number of groups of 16 samples in `width`.
inline int groups_of(int width) {
  return (width + kTileSide - 1) / kTileSide;
}

// to[row, group of 16 samples][tile of taps][16 pairs][16 samples]: in[y][x + offset[k]], k < taps, rounded;
// 0 where the last tile has no tap.  Reads rows up to whole groups.
void gather_pairs(const float* in, ptrdiff_t in_pitch, int rows, int width, const ptrdiff_t* offset, int taps,
                  Pair* to);

// With AMX, where available.
void multiply(const TileProduct& product);

// The same with vectors.  The bits are the same too, except where a sum is below 1.2e-38, which AMX treats as
// 0.
void multiply_with_vectors(const TileProduct& product);

}  // namespace reverie::cpu
