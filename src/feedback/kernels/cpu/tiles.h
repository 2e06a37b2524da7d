// The loop over tiles for a product of bf16 numbers, whoever multiplies them: the CPU (amx.cc), vectors
// (bf16_product.cc) or the tests.  The trick: four sums of 16 x 16 are computed at once, so that each loaded
// tile serves two products.
#pragma once

#include <cstddef>
#include <cstdint>
#include <type_traits>

namespace reverie::cpu {

// Two bf16 numbers: an even tap's in the low half, the next tap's in the high half.
using Pair = uint32_t;

// A tile: 16 outputs x 16 pairs of taps (weights), 16 pairs of taps x 16 samples (samples), 16 outputs x 16
// samples of fp32 (sums).
constexpr int kTileSide = 16;
constexpr int kTileTaps = 2 * kTileSide;
constexpr int kTileSize = kTileSide * kTileSide;
constexpr int kBlockTiles = 2;  // of outputs, and of samples, that are multiplied together

// The configuration of the eight tiles: all are full.
struct alignas(64) TileConfig {
  uint8_t palette = 1, start_row = 0, reserved[14] = {};
  uint16_t row_bytes[16] = {64, 64, 64, 64, 64, 64, 64, 64};
  uint8_t rows[16] = {kTileSide, kTileSide, kTileSide, kTileSide, kTileSide, kTileSide, kTileSide, kTileSide};
};
static_assert(sizeof(TileConfig) == 64);

// sums[m][n] += weights[m] * samples[n], m of `output_tiles`, n of the groups of 16 samples.
struct TileProduct {
  const Pair* weights;  // tiles [output_tiles][tap_tiles]
  const float* bias;    // tiles [output_tiles], the initial sums
  const Pair* samples;  // tiles [groups][tap_tiles]
  int output_tiles;     // 1..kBlockTiles
  int tap_tiles, groups;
  int row_groups;                  // groups per row
  float* out;                      // target of the sums: rows of whole groups
  ptrdiff_t out_pitch, out_plane;  // between two rows, between two outputs
};

// Tile numbers: the sums of outputs m and samples n are tile 2 m + n.
constexpr int kWeightTile = kBlockTiles * kBlockTiles;
constexpr int kSampleTile = kWeightTile + kBlockTiles;

// work(0), .. work(N - 1), each with a constant.
template <int N, class Work>
void unrolled(const Work& work) {
  if constexpr (N > 1) unrolled<N - 1>(work);
  work(std::integral_constant<int, N - 1>());
}

// M tiles of outputs for N groups of samples from `first` on.
template <int M, int N, class Tiles>
void multiply_block(Tiles& tiles, const TileProduct& p, int first) {
  constexpr auto kFloat = static_cast<ptrdiff_t>(sizeof(float));
  const ptrdiff_t length = static_cast<ptrdiff_t>(p.tap_tiles) * kTileSize;  // of the tiles of all taps
  const auto each_sum = [](const auto& work) {
    unrolled<M>([&](auto m) { unrolled<N>([&](auto n) { work(m, n); }); });
  };
  each_sum([&](auto m, auto n) {
    tiles.template load<kBlockTiles * m + n>(p.bias + m * kTileSize, kTileSide * kFloat);
  });
  for (ptrdiff_t at = 0; at < length; at += kTileSize) {
    unrolled<M>([&](auto m) {
      tiles.template load<kWeightTile + m>(p.weights + m * length + at, kTileSide * kFloat);
    });
    unrolled<N>([&](auto n) {
      tiles.template load<kSampleTile + n>(p.samples + (first + n) * length + at, kTileSide * kFloat);
    });
    each_sum([&](auto m, auto n) {
      tiles.template multiply_add<kBlockTiles * m + n, kWeightTile + m, kSampleTile + n>();
    });
  }
  unrolled<N>([&](auto n) {
    const int y = (first + n) / p.row_groups;
    const int x = (first + n) % p.row_groups * kTileSide;
    float* to = p.out + y * p.out_pitch + x;
    unrolled<M>([&](auto m) {
      tiles.template store<kBlockTiles * m + n>(to + m * kTileSide * p.out_plane, p.out_plane * kFloat);
    });
  });
}

// Tiles: load<T>(from, bytes between rows), store<T>(to, bytes between rows), multiply_add<C, A, B>() like
// Intel's instruction TDPBF16PS, where T, C, A, B are tile numbers, 0..7.
template <class Tiles>
void multiply_tiles(const TileProduct& p) {
  Tiles tiles;  // NOLINT(cppcoreguidelines-pro-type-member-init): each is loaded before it is used
  for (int group = 0; group < p.groups; group += kBlockTiles) {
    const bool two = group + 1 < p.groups;
    if (p.output_tiles > 1) {
      two ? multiply_block<2, 2>(tiles, p, group) : multiply_block<2, 1>(tiles, p, group);
    } else {
      two ? multiply_block<1, 2>(tiles, p, group) : multiply_block<1, 1>(tiles, p, group);
    }
  }
}

}  // namespace reverie::cpu
