// Products of bf16: vectors and AMX against a tile unit in plain C++, and the layers built on tiles.
#include "feedback/kernels/cpu/bf16_product.h"

#include <gtest/gtest.h>
#include <hwy/targets.h>

#include <bit>
#include <cmath>
#include <cstring>

#include "core/random.h"
#include "feedback/kernels/cpu/amx.h"
#include "feedback/kernels/cpu/product.h"

namespace reverie::cpu {
namespace {

size_t z(int i) {
  return static_cast<size_t>(i);
}

float flushed(float v) {
  return std::fpclassify(v) == FP_SUBNORMAL ? std::copysign(0.0F, v) : v;
}

// TILELOADD, TILESTORED and TDPBF16PS as defined in "Intel Architecture Instruction Set Extensions
// Programming Reference".
class TileUnit {
 public:
  template <int T>
  void load(const void* from, ptrdiff_t pitch) {
    std::memset(tile_[T], 0, sizeof(tile_[T]));
    for (int row = 0; row < config_.rows[T]; ++row)
      std::memcpy(tile_[T][row], static_cast<const char*>(from) + row * pitch, config_.row_bytes[T]);
  }

  template <int T>
  void store(void* to, ptrdiff_t pitch) const {
    for (int row = 0; row < config_.rows[T]; ++row)
      std::memcpy(static_cast<char*>(to) + row * pitch, tile_[T][row], config_.row_bytes[T]);
  }

  template <int C, int A, int B>
  void multiply_add() {
    const int pairs = config_.row_bytes[A] / 4;
    const int columns = config_.row_bytes[C] / 4;
    ASSERT_EQ(config_.rows[C], config_.rows[A]);
    ASSERT_EQ(config_.rows[B], pairs);
    ASSERT_EQ(config_.row_bytes[B], config_.row_bytes[C]);
    for (int m = 0; m < config_.rows[C]; ++m) {
      for (int n = 0; n < columns; ++n) {
        float even = 0;
        float odd = 0;
        for (int k = 0; k < pairs; ++k) {
          even = flushed(std::fma(bf16(A, m, 2 * k), bf16(B, k, 2 * n), even));
          odd = flushed(std::fma(bf16(A, m, 2 * k + 1), bf16(B, k, 2 * n + 1), odd));
        }
        float c = 0;
        std::memcpy(&c, tile_[C][m] + 4 * n, sizeof(c));
        c = flushed(flushed(c) + flushed(even + odd));
        std::memcpy(tile_[C][m] + 4 * n, &c, sizeof(c));
      }
    }
  }

 private:
  float bf16(int tile, int row, int column) const {
    uint16_t half = 0;
    std::memcpy(&half, tile_[tile][row] + 2 * column, sizeof(half));
    return flushed(std::bit_cast<float>(static_cast<uint32_t>(half) << 16U));
  }

  TileConfig config_;
  char tile_[8][16][64] = {};
};

// All instruction sets of this machine, in turn.
template <class Work>
void on_every_target(const Work& work) {
  for (int64_t targets = hwy::SupportedTargets(); targets != 0; targets &= targets - 1) {
    const int64_t one = targets & -targets;
    SCOPED_TRACE(hwy::TargetName(one));
    hwy::SetSupportedTargetsForTest(one);
    work();
  }
  hwy::SetSupportedTargetsForTest(0);
}

// A product of random weights, samples and shape.
struct Case {
  explicit Case(uint64_t seed)
      : random(seed),
        outputs(whole(1, 70)),
        taps(whole(1, 100)),
        group(whole(1, 8)),
        rows(whole(1, 4)),
        width(whole(1, 60)) {
    outputs = (outputs + group - 1) / group * group;
    in_pitch = width + whole(16, 30);
    in.resize(z(taps + rows + 1) * z(in_pitch) + 64);
    for (float& v : in) v = number();
    for (int k = 0; k < taps; ++k) offset.push_back(whole(0, taps) * in_pitch + whole(0, 7));
    for (int i = 0; i < outputs * taps; ++i) weight.push_back(number());
    for (int n = 0; n < outputs; ++n) bias.push_back(number());
  }

  int whole(int low, int high) { return low + static_cast<int>(random.uniform() * (high - low + 1)); }

  // Sometimes one that is 0 or denormal.
  float number() {
    const auto v = static_cast<float>(2 * random.uniform() - 1);
    const int kind = whole(0, 40);
    return kind == 0 ? 0 : kind == 1 ? v * 1e-39F : v;
  }

  Weights weights(Precision precision) const {
    return Weights(
        outputs, taps, group, [&](int n, int k) { return weight[z(n) * z(taps) + z(k)]; },
        [&](int n) { return bias[z(n)]; }, precision);
  }

  Random random;
  int outputs, taps, group, rows, width, in_pitch = 0;
  std::vector<float> in, weight, bias;
  std::vector<ptrdiff_t> offset;
};

float rounded(float v) {
  return std::bit_cast<float>(static_cast<uint32_t>(to_bf16(v)) << 16U);
}

TEST(Bf16, RoundsToTheNearestAndToEven) {
  EXPECT_EQ(rounded(1), 1);
  EXPECT_EQ(rounded(1 + 1.0F / 256), 1);               // half way: 1 is even
  EXPECT_EQ(rounded(1 + 3.0F / 256), 1 + 4.0F / 256);  // half way: up
  EXPECT_EQ(rounded(1 + 1.001F / 256), 1 + 2.0F / 256);
  EXPECT_EQ(rounded(-1 - 1.001F / 256), -1 - 2.0F / 256);
  EXPECT_EQ(rounded(3.4e38F), INFINITY);
  EXPECT_TRUE(std::isnan(rounded(std::bit_cast<float>(0xFFC00000U))));
}

TEST(Bf16, SamplesAreGatheredAsTilesOnEveryInstructionSet) {
  on_every_target([] {
    for (uint64_t seed = 1; seed <= 40; ++seed) {
      const Case c(seed);
      const int tiles = (c.taps + kTileTaps - 1) / kTileTaps;
      const int groups = groups_of(c.width);
      const auto size = z(c.rows * groups * tiles) * kTileSize;
      auto pairs = hwy::AllocateAligned<Pair>(size);
      gather_pairs(c.in.data(), c.in_pitch, c.rows, c.width, c.offset.data(), c.taps, pairs.get());
      for (size_t i = 0; i < size; ++i) {
        const int x = static_cast<int>(i % kTileSide);
        const int k = 2 * static_cast<int>(i / kTileSide % z(tiles * kTileSide));
        const int group = static_cast<int>(i / kTileSize) / tiles;
        const auto at = group / groups * c.in_pitch + group % groups * kTileSide + x;
        const auto tap = [&](int t) -> Pair {
          return t < c.taps ? to_bf16(c.in[z(at + c.offset[z(t)])]) : 0;
        };
        ASSERT_EQ(pairs[i], tap(k) | tap(k + 1) << 16U) << "seed " << seed << " at " << i;
      }
    }
  });
}

// The result of `multiply_product` for a case, all planes of all blocks.
template <class Multiply>
std::vector<float> products(const Case& c, const Multiply& multiply_product) {
  const Weights weights = c.weights(Precision::kBf16);
  const int pitch = groups_of(c.width) * kTileSide;
  const int plane = c.rows * pitch;
  std::vector<float> all;
  for (const Weights::Block& b : weights.blocks) {
    std::vector<float> out(z(weights.out_planes() * plane));
    const ProductPlace place{c.in.data(), c.in_pitch, out.data(), pitch, plane, c.rows, c.width};
    const Taps taps = gather(weights, c.offset.data(), place);
    TileProduct product = weights.bf16->block(b.first);
    product.samples = taps.pairs;
    product.row_groups = groups_of(c.width);
    product.groups = c.rows * product.row_groups;
    product.out = out.data();
    product.out_pitch = pitch;
    product.out_plane = plane;
    multiply_product(product);
    all.insert(all.end(), out.begin(), out.end());
  }
  return all;
}

TEST(Bf16, VectorsMultiplyAsTheTileUnitToTheBit) {
  for (uint64_t seed = 1; seed <= 60; ++seed) {
    const Case c(seed);
    const std::vector<float> expected = products(c, multiply_tiles<TileUnit>);
    on_every_target([&] {
      const std::vector<float> made = products(c, multiply_with_vectors);
      for (size_t i = 0; i < made.size(); ++i)
        ASSERT_EQ(flushed(made[i]), expected[i]) << "seed " << seed << " at " << i;
    });
  }
}

// Factors whose product would be 0.1.
TEST(Bf16, AFactorThatIsNotNormalCountsAsZero) {
  for (const bool small_weight : {false, true}) {
    Case c(1);
    const float small = 1e-39F;
    const float large = 1e38F;
    std::fill(c.in.begin(), c.in.end(), small_weight ? large : small);
    std::fill(c.weight.begin(), c.weight.end(), small_weight ? small : large);
    std::fill(c.bias.begin(), c.bias.end(), 0.5F);
    on_every_target([&] {
      const std::vector<float> made = products(c, multiply_with_vectors);
      ASSERT_EQ(made, products(c, multiply_tiles<TileUnit>));
      ASSERT_EQ(made[0], 0.5F);
    });
  }
}

TEST(Bf16, AmxMultipliesAsTheTileUnitToTheBit) {
  if (!has_amx()) GTEST_SKIP() << "no AMX";
  for (uint64_t seed = 1; seed <= 60; ++seed) {
    const Case c(seed);
    ASSERT_EQ(products(c, multiply_with_amx), products(c, multiply_tiles<TileUnit>)) << "seed " << seed;
  }
}

TEST(Bf16, ProductsAreThoseOfRoundedFactors) {
  for (uint64_t seed = 1; seed <= 60; ++seed) {
    const Case c(seed);
    const Weights weights = c.weights(Precision::kBf16);
    const int pitch = groups_of(c.width) * kTileSide;
    const int plane = c.rows * pitch;
    int next = 0;
    for (const Weights::Block& b : weights.blocks) {
      ASSERT_EQ(b.first, next);
      ASSERT_EQ(b.count % c.group, 0);
      next += b.count;
      std::vector<float> out(z(weights.out_planes() * plane));
      const ProductPlace place{c.in.data(), c.in_pitch, out.data(), pitch, plane, c.rows, c.width};
      multiply(weights, b, gather(weights, c.offset.data(), place), place);
      for (int n = 0; n < b.count; ++n) {
        for (int i = 0; i < c.rows * c.width; ++i) {
          const int y = i / c.width;
          const int x = i % c.width;
          double sum = c.bias[z(b.first + n)];
          for (int k = 0; k < c.taps; ++k) {
            const auto tap = z(k);
            const size_t w = z(b.first + n) * z(c.taps) + tap;
            sum += static_cast<double>(rounded(c.weight[w])) *
                   rounded(c.in[z(y * c.in_pitch + x + c.offset[tap])]);
          }
          ASSERT_NEAR(out[z(n * plane + y * pitch + x)], sum, 1e-5) << "seed " << seed;
        }
      }
    }
    ASSERT_EQ(next, c.outputs);
  }
}

}  // namespace
}  // namespace reverie::cpu
