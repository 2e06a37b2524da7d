// A matrix product whose one factor is read straight from the planes: tap k of a filter is the same row,
// shifted by offset[k].  No copy of patches is made, any kernel size and stride of outputs is a table of
// offsets, and kTile x kWidth sums stay in registers: about 85 % of the machine's peak from L1.
#include "feedback/kernels/cpu/product.h"

#include <algorithm>

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "feedback/kernels/cpu/product.cc"
#include <hwy/foreach_target.h>  // IWYU pragma: keep
#include <hwy/highway.h>

HWY_BEFORE_NAMESPACE();
namespace reverie::cpu::HWY_NAMESPACE {
namespace hn = hwy::HWY_NAMESPACE;

using D = hn::CappedTag<float, 16>;
using V = hn::Vec<D>;

constexpr size_t kTile = 2;  // vectors
#if HWY_TARGET == HWY_AVX3 || HWY_TARGET == HWY_AVX3_DL || HWY_TARGET == HWY_NEON
constexpr size_t kWidth = 12;  // outputs: 24 sums in 32 registers
#else
constexpr size_t kWidth = 6;  // 12 in 16
#endif

// R vectors of N outputs.
template <size_t R, size_t N>
HWY_INLINE void tile(const float* HWY_RESTRICT w, int w_pitch, const float* HWY_RESTRICT bias,
                     const ptrdiff_t* HWY_RESTRICT offset, int taps, const float* const* in,
                     float* const* out, ptrdiff_t out_plane) {
  const D d;
  V sum[R][N];
  const float* from[R];
  HWY_UNROLL(12) for (size_t r = 0; r < R; ++r) {
    from[r] = in[r];
    HWY_UNROLL(12) for (size_t n = 0; n < N; ++n) sum[r][n] = hn::Set(d, bias[n]);
  }
  for (int k = 0; k < taps; ++k, w += w_pitch) {
    V x[R];
    HWY_UNROLL(12) for (size_t r = 0; r < R; ++r) x[r] = hn::LoadU(d, from[r] + offset[k]);
    HWY_UNROLL(12) for (size_t n = 0; n < N; ++n) {
      const V weight = hn::Set(d, w[n]);
      HWY_UNROLL(12) for (size_t r = 0; r < R; ++r) sum[r][n] = hn::MulAdd(weight, x[r], sum[r][n]);
    }
  }
  HWY_UNROLL(12) for (size_t n = 0; n < N; ++n) {
    HWY_UNROLL(12)
    for (size_t r = 0; r < R; ++r) hn::StoreU(sum[r][n], d, out[r] + static_cast<ptrdiff_t>(n) * out_plane);
  }
}

template <size_t N>
void multiply_block(const float* w, int w_pitch, const float* bias, int taps, const ptrdiff_t* offset,
                    const ProductPlace& p) {
  const int lanes = static_cast<int>(hn::Lanes(D()));
  const float* in[kTile];
  float* out[kTile];
  size_t held = 0;
  // vectors of all rows in turn, so that short rows fill the tiles too
  for (int y = 0; y < p.rows; ++y) {
    for (int x = 0; x < p.width; x += lanes) {
      in[held] = p.in + y * p.in_pitch + x;
      out[held] = p.out + y * p.out_pitch + x;
      if (++held < kTile) continue;
      tile<kTile, N>(w, w_pitch, bias, offset, taps, in, out, p.out_plane);
      held = 0;
    }
  }
  if (held > 0) tile<1, N>(w, w_pitch, bias, offset, taps, in, out, p.out_plane);
}

// The N that is `count`.
template <size_t N>
void multiply_count(int count, const float* w, int w_pitch, const float* bias, int taps,
                    const ptrdiff_t* offset, const ProductPlace& p) {
  if constexpr (N > 1) {
    if (static_cast<int>(N) != count) return multiply_count<N - 1>(count, w, w_pitch, bias, taps, offset, p);
  }
  multiply_block<N>(w, w_pitch, bias, taps, offset, p);
}

void Multiply(const float* w, const float* bias, int count, int taps, const ptrdiff_t* offset,
              const ProductPlace& place) {
  ProductPlace p = place;
  for (int first = 0; first < count; first += static_cast<int>(kWidth)) {
    const int n = std::min(count - first, static_cast<int>(kWidth));
    p.out = place.out + first * place.out_plane;
    multiply_count<kWidth>(n, w + first, count, bias + first, taps, offset, p);
  }
}

}  // namespace reverie::cpu::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace reverie::cpu {

HWY_EXPORT(Multiply);

Weights::Weights(int output_count, int tap_count, int group, const std::function<float(int, int)>& weight,
                 const std::function<float(int)>& bias_of)
    : outputs(output_count),
      taps(tap_count),
      packed_size(static_cast<size_t>(outputs) * static_cast<size_t>(taps) + kMostBlock),
      packed(hwy::AllocateAligned<float>(packed_size)) {
  if (!packed) throw std::bad_alloc();
  // as few blocks as fit, and those as even as they can be
  const int groups = outputs / group;
  const int most = kMostBlock / group;
  const int count = (groups + most - 1) / most;
  for (int b = 0; b < count; ++b) {
    const int first = groups * b / count;
    const int last = groups * (b + 1) / count;
    blocks.push_back({first * group, (last - first) * group});
  }
  float* to = packed.get();
  for (const Block& b : blocks) {
    for (int k = 0; k < taps; ++k) {
      for (int n = 0; n < b.count; ++n) *to++ = weight(b.first + n, k);
    }
  }
  for (int n = 0; n < outputs; ++n) bias.push_back(bias_of(n));
}

size_t Weights::bytes() const {
  return packed_size * sizeof(float) + bias.capacity() * sizeof(float) + blocks.capacity() * sizeof(Block);
}

void multiply(const Weights& weights, const Weights::Block& block, const ptrdiff_t* offset,
              const ProductPlace& place) {
  HWY_DYNAMIC_DISPATCH(Multiply)
  (weights.of(block), weights.bias.data() + block.first, block.count, weights.taps, offset, place);
}

}  // namespace reverie::cpu
#endif  // HWY_ONCE
