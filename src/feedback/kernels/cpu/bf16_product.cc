// Products of bf16 numbers.  The samples needed by all taps of a place are rounded and laid out as tiles
// once, for all outputs (the trick: this costs little compared with so many products); then AMX multiplies 16
// x 16 x 32 numbers per instruction, 16 times as many as fp32 vectors do.  Without AMX, vectors compute
// exactly the same, so that a render can be repeated on another machine; that is slower than fp32.
#include "feedback/kernels/cpu/bf16_product.h"

#include <algorithm>
#include <bit>
#include <cstring>
#include <new>

#include "feedback/kernels/cpu/amx.h"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "feedback/kernels/cpu/bf16_product.cc"
#include <hwy/foreach_target.h>  // IWYU pragma: keep
#include <hwy/highway.h>

HWY_BEFORE_NAMESPACE();
namespace reverie::cpu::HWY_NAMESPACE {
namespace hn = hwy::HWY_NAMESPACE;

using D = hn::CappedTag<float, kTileSide>;
using DU = hn::RebindToUnsigned<D>;
using V = hn::Vec<D>;
using VU = hn::Vec<DU>;

#if HWY_TARGET == HWY_AVX3 || HWY_TARGET == HWY_AVX3_DL || HWY_TARGET == HWY_NEON
constexpr size_t kRows = 8;  // outputs at once: 16 sums in 32 registers
#else
constexpr size_t kRows = 4;  // 8 in 16
#endif

// The nearest bf16 numbers in the high halves; the low halves are arbitrary.  (NaN may become infinite, but
// not the NaN that an operation of this CPU produces.)
HWY_INLINE VU round_to_bf16(V v) {
  const DU d;
  const VU bits = hn::BitCast(d, v);
  const VU odd = hn::And(hn::ShiftRight<16>(bits), hn::Set(d, 1));
  return hn::Add(bits, hn::Add(odd, hn::Set(d, 0x7FFF)));
}

HWY_INLINE VU pairs_of(V even, V odd) {
  const DU d;
  return hn::Or(hn::ShiftRight<16>(round_to_bf16(even)),
                hn::And(round_to_bf16(odd), hn::Set(d, 0xFFFF0000U)));
}

void GatherPairs(const float* in, ptrdiff_t in_pitch, int rows, int width, const ptrdiff_t* offset, int taps,
                 Pair* HWY_RESTRICT to) {
  const D d;
  const DU du;
  const int all_pairs = (taps + kTileTaps - 1) / kTileTaps * kTileSide;
  for (int y = 0; y < rows; ++y) {
    for (int group = 0; group < groups_of(width); ++group) {
      const float* from = in + y * in_pitch + group * kTileSide;
      for (int k = 0; k < 2 * all_pairs; k += 2, to += kTileSide) {
        for (size_t x = 0; x < kTileSide; x += hn::Lanes(d)) {
          const V even = k < taps ? hn::LoadU(d, from + offset[k] + x) : hn::Zero(d);
          const V odd = k + 1 < taps ? hn::LoadU(d, from + offset[k + 1] + x) : hn::Zero(d);
          hn::Store(pairs_of(even, odd), du, to + x);
        }
      }
    }
  }
}

// What AMX does, in Intel's words: the products of the even and of the odd taps of a tile are each summed up
// from 0, the two are added, then their sum is added to the accumulator; a denormal factor counts as 0.
// Products of bf16 numbers are exact in fp32, so fusing makes no difference.
class Tiles {
 public:
  template <int T>
  void load(const void* from, ptrdiff_t pitch) {
    if constexpr (T < kWeightTile) {
      for (int y = 0; y < kTileSide; ++y)
        std::memcpy(sum_[T] + y * kTileSide, static_cast<const char*>(from) + y * pitch,
                    kTileSide * sizeof(float));
    } else {
      widen(static_cast<const Pair*>(from), even_[T - kWeightTile], odd_[T - kWeightTile]);
    }
  }

  template <int T>
  void store(void* to, ptrdiff_t pitch) const {
    for (int y = 0; y < kTileSide; ++y)
      std::memcpy(static_cast<char*>(to) + y * pitch, sum_[T] + y * kTileSide, kTileSide * sizeof(float));
  }

  template <int C, int A, int B>
  void multiply_add() {
    constexpr int kA = A - kWeightTile;
    constexpr int kB = B - kWeightTile;
    for (size_t y = 0; y < kTileSide; y += kRows) {
      const size_t at = y * kTileSide;
      multiply_add(even_[kA] + at, odd_[kA] + at, even_[kB], odd_[kB], sum_[C] + at);
    }
  }

 private:
  // Tiles of weights and samples are contiguous in memory.
  static void widen(const Pair* from, float* even, float* odd) {
    const D d;
    const DU du;
    const auto normal = [](VU bits) {
      const VU exponent = hn::And(bits, hn::Set(DU(), 0x7F800000U));
      return hn::BitCast(D(), hn::IfThenElseZero(hn::Ne(exponent, hn::Zero(DU())), bits));
    };
    for (size_t i = 0; i < kTileSize; i += hn::Lanes(d)) {
      const VU pairs = hn::Load(du, from + i);
      hn::Store(normal(hn::ShiftLeft<16>(pairs)), d, even + i);
      hn::Store(normal(hn::And(pairs, hn::Set(du, 0xFFFF0000U))), d, odd + i);
    }
  }

  static void multiply_add(const float* HWY_RESTRICT a_even, const float* HWY_RESTRICT a_odd,
                           const float* HWY_RESTRICT b_even, const float* HWY_RESTRICT b_odd,
                           float* HWY_RESTRICT c) {
    const D d;
    for (size_t x = 0; x < kTileSide; x += hn::Lanes(d)) {
      V even[kRows];
      V odd[kRows];
      HWY_UNROLL(8) for (size_t y = 0; y < kRows; ++y) even[y] = odd[y] = hn::Zero(d);
      for (size_t k = 0; k < kTileSide; ++k) {
        const V be = hn::Load(d, b_even + k * kTileSide + x);
        const V bo = hn::Load(d, b_odd + k * kTileSide + x);
        HWY_UNROLL(8) for (size_t y = 0; y < kRows; ++y) {
          even[y] = hn::MulAdd(hn::Set(d, a_even[y * kTileSide + k]), be, even[y]);
          odd[y] = hn::MulAdd(hn::Set(d, a_odd[y * kTileSide + k]), bo, odd[y]);
        }
      }
      HWY_UNROLL(8) for (size_t y = 0; y < kRows; ++y) {
        float* to = c + y * kTileSide + x;
        hn::Store(hn::Add(hn::Load(d, to), hn::Add(even[y], odd[y])), d, to);
      }
    }
  }

  static constexpr int kFactors = 2 * kBlockTiles;
  alignas(64) float sum_[kWeightTile][kTileSize];
  alignas(64) float even_[kFactors][kTileSize];
  alignas(64) float odd_[kFactors][kTileSize];
};

void MultiplyTiles(const TileProduct& product) {
  multiply_tiles<Tiles>(product);
}

}  // namespace reverie::cpu::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace reverie::cpu {
namespace {

HWY_EXPORT(GatherPairs);
HWY_EXPORT(MultiplyTiles);

int tiles_of(int count, int each) {
  return (count + each - 1) / each;
}

template <class T>
hwy::AlignedFreeUniquePtr<T[]> zeros(size_t n) {
  auto all = hwy::AllocateAligned<T>(n);
  if (!all) throw std::bad_alloc();
  std::fill(all.get(), all.get() + n, T{});
  return all;
}

}  // namespace

uint16_t to_bf16(float v) {
  const auto bits = std::bit_cast<uint32_t>(v);
  return static_cast<uint16_t>((bits + 0x7FFF + ((bits >> 16U) & 1U)) >> 16U);
}

Bf16Weights::Bf16Weights(int outputs, int taps, int block_outputs,
                         const std::function<float(int, int)>& weight,
                         const std::function<float(int)>& bias_of)
    : outputs_(outputs),
      block_outputs_(block_outputs),
      tap_tiles_(tiles_of(taps, kTileTaps)),
      tiles_(static_cast<size_t>(tiles_of(outputs, block_outputs)) * kBlockTiles),
      weights_(zeros<Pair>(tiles_ * static_cast<size_t>(tap_tiles_) * kTileSize)),
      bias_(zeros<float>(tiles_ * kTileSize)) {
  for (int n = 0; n < outputs; ++n) {
    const int row = n % block_outputs;
    const size_t tile = first_tile(n) + static_cast<size_t>(row / kTileSide);
    const auto at = static_cast<size_t>(row % kTileSide) * kTileSide;
    std::fill_n(bias_.get() + tile * kTileSize + at, kTileSide, bias_of(n));
    Pair* pairs = weights_.get() + tile * static_cast<size_t>(tap_tiles_) * kTileSize + at;
    for (int k = 0; k < taps; ++k) {
      const Pair w = to_bf16(weight(n, k));
      pairs[k / kTileTaps * kTileSize + k % kTileTaps / 2] |= k % 2 == 0 ? w : w << 16U;
    }
  }
}

size_t Bf16Weights::first_tile(int output) const {
  return static_cast<size_t>(output / block_outputs_) * kBlockTiles;
}

size_t Bf16Weights::bytes() const {
  return tiles_ * kTileSize * (static_cast<size_t>(tap_tiles_) * sizeof(Pair) + sizeof(float));
}

TileProduct Bf16Weights::block(int first) const {
  const size_t tile = first_tile(first);
  TileProduct p{};
  p.weights = weights_.get() + tile * static_cast<size_t>(tap_tiles_) * kTileSize;
  p.bias = bias_.get() + tile * kTileSize;
  p.output_tiles = tiles_of(std::min(outputs_ - first, block_outputs_), kTileSide);
  p.tap_tiles = tap_tiles_;
  return p;
}

void gather_pairs(const float* in, ptrdiff_t in_pitch, int rows, int width, const ptrdiff_t* offset, int taps,
                  Pair* to) {
  HWY_DYNAMIC_DISPATCH(GatherPairs)(in, in_pitch, rows, width, offset, taps, to);
}

void multiply(const TileProduct& product) {
  has_amx() ? multiply_with_amx(product) : multiply_with_vectors(product);
}

void multiply_with_vectors(const TileProduct& product) {
  HWY_DYNAMIC_DISPATCH(MultiplyTiles)(product);
}

}  // namespace reverie::cpu
#endif  // HWY_ONCE
