// Vector functions for the files that Highway compiles once for each instruction set.
#if defined(REVERIE_CPU_MATH_INL_H) == defined(HWY_TARGET_TOGGLE)
#ifdef REVERIE_CPU_MATH_INL_H
#undef REVERIE_CPU_MATH_INL_H
#else
#define REVERIE_CPU_MATH_INL_H
#endif

#include <hwy/highway.h>

HWY_BEFORE_NAMESPACE();
namespace reverie::cpu::HWY_NAMESPACE {
namespace hn = hwy::HWY_NAMESPACE;

using D = hn::CappedTag<float, 16>;
using V = hn::Vec<D>;

// tanh(x) = x P(x^2) / Q(x^2), a minimax fit of the relative error on -8..8 (Lawson's iteration): 1.5e-7, and
// 4.1e-7 in float arithmetic.  Beyond 8 the result stays what it is there, 1 - 2e-7.
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

}  // namespace reverie::cpu::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#endif  // per-target include guard
