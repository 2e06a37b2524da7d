// The register tiles of a product, for the files that Highway compiles once per instruction set.
#if defined(REVERIE_CPU_PRODUCT_INL_H) == defined(HWY_TARGET_TOGGLE)
#ifdef REVERIE_CPU_PRODUCT_INL_H
#undef REVERIE_CPU_PRODUCT_INL_H
#else
#define REVERIE_CPU_PRODUCT_INL_H
#endif

#include <algorithm>

#include "feedback/kernels/cpu/math-inl.h"
#include "feedback/kernels/cpu/product.h"

HWY_BEFORE_NAMESPACE();
namespace reverie::cpu::HWY_NAMESPACE {

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

// The N equal to `count`.
template <size_t N>
void multiply_count(int count, const float* w, int w_pitch, const float* bias, int taps,
                    const ptrdiff_t* offset, const ProductPlace& p) {
  if constexpr (N > 1) {
    if (static_cast<int>(N) != count) return multiply_count<N - 1>(count, w, w_pitch, bias, taps, offset, p);
  }
  multiply_block<N>(w, w_pitch, bias, taps, offset, p);
}

inline void multiply_by(const float* w, const float* bias, int count, int taps, const ptrdiff_t* offset,
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

#endif  // per-target include guard
