// Vector functions for the files that Highway compiles once per instruction set.
#if defined(REVERIE_CPU_MATH_INL_H) == defined(HWY_TARGET_TOGGLE)
#ifdef REVERIE_CPU_MATH_INL_H
#undef REVERIE_CPU_MATH_INL_H
#else
#define REVERIE_CPU_MATH_INL_H
#endif

#include <hwy/highway.h>

#include "feedback/parameters.h"

HWY_BEFORE_NAMESPACE();
namespace reverie::cpu::HWY_NAMESPACE {
namespace hn = hwy::HWY_NAMESPACE;

using D = hn::CappedTag<float, 16>;
using V = hn::Vec<D>;

// tanh(x) = x P(x^2) / Q(x^2), a minimax fit of the relative error on -8..8 (Lawson's iteration): 1.5e-7, and
// 4.1e-7 in float arithmetic.  Beyond 8 the result keeps its value at 8, 1 - 2e-7.
HWY_INLINE V tanh(V x) {
  const D d;
  x = hn::Min(hn::Max(x, hn::Set(d, -8.0F)), hn::Set(d, 8.0F));
  const V y = hn::Mul(x, x);
  V p = hn::MulAdd(hn::Set(d, 1.142835208e-05F), y, hn::Set(d, 2.951017348e-03F));
  p = hn::MulAdd(p, y, hn::Set(d, 1.292565763e-01F));
  p = hn::MulAdd(p, y, hn::Set(d, 9.999998808e-01F));
  V q = hn::MulAdd(hn::Set(d, 2.459187840e-07F), y, hn::Set(d, 2.386682463e-04F));
  q = hn::MulAdd(q, y, hn::Set(d, 2.381552756e-02F));
  q = hn::MulAdd(q, y, hn::Set(d, 4.625887275e-01F));
  q = hn::MulAdd(q, y, hn::Set(d, 1.0F));
  return hn::Div(hn::Mul(x, p), q);
}

HWY_INLINE V activated(Activation activation, V v) {
  return activation == Activation::kTanh ? tanh(v) : hn::Max(v, hn::Zero(D()));
}

// Stores v[0][0], v[1][0], .. v[0][1], v[1][1], ..
template <int N>
HWY_INLINE void store_interleaved(const V (&v)[N], float* to) {
  const D d;
  if constexpr (N == 1) hn::StoreU(v[0], d, to);
  if constexpr (N == 2) hn::StoreInterleaved2(v[0], v[1], d, to);
  if constexpr (N == 3) hn::StoreInterleaved3(v[0], v[1], v[2], d, to);
  if constexpr (N == 4) hn::StoreInterleaved4(v[0], v[1], v[2], v[3], d, to);
}

// The first `count` samples, or a full vector: beyond them another thread may be writing.
HWY_INLINE V load_part(const float* from, int count) {
  const D d;
  if (count >= static_cast<int>(hn::Lanes(d))) return hn::LoadU(d, from);
  return hn::MaskedLoad(hn::FirstN(d, static_cast<size_t>(count)), d, from);
}

// Stores the first `count` samples, or a full vector.
HWY_INLINE void store_part(V v, int count, float* to) {
  const D d;
  if (count >= static_cast<int>(hn::Lanes(d))) {
    hn::StoreU(v, d, to);
    return;
  }
#if HWY_TARGET == HWY_NEON  // there BlendedStore writes the others too, which may be another thread's
  HWY_ALIGN float all[hn::MaxLanes(D())];
  hn::Store(v, d, all);
  for (int i = 0; i < count; ++i) to[i] = all[i];
#else
  hn::BlendedStore(v, hn::FirstN(d, static_cast<size_t>(count)), d, to);
#endif
}

// to[0..count) = from[0..count); reads whole vectors, writes nothing beyond.
HWY_INLINE void copy_row(const float* from, int count, float* to) {
  const D d;
  const int lanes = static_cast<int>(hn::Lanes(d));
  for (int x = 0; x < count; x += lanes) store_part(hn::LoadU(d, from + x), count - x, to + x);
}

// The same, but adds.
HWY_INLINE void add_row(const float* from, int count, float* to) {
  const D d;
  const int lanes = static_cast<int>(hn::Lanes(d));
  for (int x = 0; x < count; x += lanes)
    store_part(hn::Add(hn::LoadU(d, from + x), load_part(to + x, count - x)), count - x, to + x);
}

}  // namespace reverie::cpu::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#endif  // per-target include guard
