#include "feedback/kernels/cpu/rows.h"

#include <algorithm>

#include "feedback/kernels/cpu/grid.h"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "feedback/kernels/cpu/rows.cc"
#include <hwy/foreach_target.h>  // IWYU pragma: keep
#include <hwy/highway.h>

#include "feedback/kernels/cpu/math-inl.h"

HWY_BEFORE_NAMESPACE();
namespace reverie::cpu::HWY_NAMESPACE {

int lanes() {
  return static_cast<int>(hn::Lanes(D()));
}

void Activate(Activation activation, float* row, int width) {
  const D d;
  for (int x = 0; x < width; x += lanes()) {
    hn::StoreU(activated(activation, hn::LoadU(d, row + x)), d, row + x);
  }
}

// The samples from[j], from[P + j], from[2 P + j] .. for j < P, combined by pick in the order of j.
template <int P, class Pick>
HWY_INLINE V across(const float* from, Pick&& pick) {
  const D d;
  V a;
  V b;
  V c;
  V e;
  if constexpr (P == 1) {
    return hn::LoadU(d, from);
  } else if constexpr (P == 2) {
    hn::LoadInterleaved2(d, from, a, b);
    return pick(a, b);
  } else if constexpr (P == 3) {
    hn::LoadInterleaved3(d, from, a, b, c);
    return pick(pick(a, b), c);
  } else {
    hn::LoadInterleaved4(d, from, a, b, c, e);
    return pick(pick(pick(a, b), c), e);
  }
}

// The same for any P.
template <class Pick>
HWY_INLINE V across_any(int p, const float* from, Pick&& pick) {
  const D d;
  const hn::RebindToSigned<D> di;
  const auto places = hn::Mul(hn::Iota(di, 0), hn::Set(di, p));
  V v = hn::GatherIndex(d, from, places);
  for (int j = 1; j < p; ++j) v = pick(v, hn::GatherIndex(d, from + j, places));
  return v;
}

template <int P, class Pick>
HWY_INLINE void pool_with(int p, int rows_read, const float* rows, ptrdiff_t pitch, int width, float scale,
                          float* out, Pick&& pick) {
  const D d;
  for (int x = 0; x < width; x += lanes()) {
    V v = hn::Zero(d);
    for (int i = 0; i < rows_read; ++i) {
      const float* from = rows + i * pitch + x * p;
      V w = v;
      if constexpr (P > 0) {
        w = across<P>(from, pick);
      } else {
        w = across_any(p, from, pick);
      }
      v = i == 0 ? w : pick(v, w);
    }
    hn::StoreU(scale == 1 ? v : hn::Mul(v, hn::Set(d, scale)), d, out + x);
  }
}

template <int P>
void pool_by(Pool how, int p, const float* rows, ptrdiff_t pitch, int width, float* out) {
  switch (how) {
    case Pool::kMax:
      return pool_with<P>(p, p, rows, pitch, width, 1, out, [](V a, V b) { return hn::Max(a, b); });
    case Pool::kMean:
      return pool_with<P>(p, p, rows, pitch, width, 1.0F / static_cast<float>(p * p), out,
                          [](V a, V b) { return hn::Add(a, b); });
    case Pool::kStride:
      return pool_with<P>(p, 1, rows, pitch, width, 1, out, [](V a, V) { return a; });
    case Pool::kMaxMagnitude:
      return pool_with<P>(p, p, rows, pitch, width, 1, out,
                          [](V a, V b) { return hn::IfThenElse(hn::Gt(hn::Abs(b), hn::Abs(a)), b, a); });
  }
}

void PoolRow(Pool how, int p, const float* rows, ptrdiff_t pitch, int width, float* out) {
  switch (p) {
    case 1:
      return pool_by<1>(how, p, rows, pitch, width, out);
    case 2:
      return pool_by<2>(how, p, rows, pitch, width, out);
    case 3:
      return pool_by<3>(how, p, rows, pitch, width, out);
    case 4:
      return pool_by<4>(how, p, rows, pitch, width, out);
    default:
      return pool_by<0>(how, p, rows, pitch, width, out);
  }
}

template <int P>
void interleave_by(const float* rows, ptrdiff_t pitch, int width, Put put, float* out) {
  const D d;
  const V scale = hn::Set(d, put.scale);
  HWY_ALIGN float ready[P * kSlack + kSlack];
  for (int x = 0; x < width; x += lanes()) {
    V v[P];
    for (int j = 0; j < P; ++j) v[j] = hn::Mul(scale, hn::LoadU(d, rows + j * pitch + x));
    const int n = std::min(lanes(), width - x) * P;
    if (!put.add && n == lanes() * P) {
      store_interleaved<P>(v, out + x * P);
      continue;
    }
    store_interleaved<P>(v, ready);
    if (put.add) {
      add_row(ready, n, out + x * P);
    } else {
      copy_row(ready, n, out + x * P);
    }
  }
}

void Interleave(int p, const float* rows, ptrdiff_t pitch, int width, Put put, float* out) {
  if (p == 1) return interleave_by<1>(rows, pitch, width, put, out);
  if (p == 2) return interleave_by<2>(rows, pitch, width, put, out);
  if (p == 3) return interleave_by<3>(rows, pitch, width, put, out);
  if (p == 4) return interleave_by<4>(rows, pitch, width, put, out);
  for (int x = 0; x < width; ++x) {
    for (int j = 0; j < p; ++j) {
      float& to = out[x * p + j];
      to = (put.add ? to : 0) + put.scale * rows[j * pitch + x];
    }
  }
}

}  // namespace reverie::cpu::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace reverie::cpu {

HWY_EXPORT(Activate);
HWY_EXPORT(PoolRow);
HWY_EXPORT(Interleave);

void activate(Activation activation, float* row, int width) {
  HWY_DYNAMIC_DISPATCH(Activate)(activation, row, width);
}

void pool(Pool how, int p, const float* rows, ptrdiff_t pitch, int width, float* out) {
  HWY_DYNAMIC_DISPATCH(PoolRow)(how, p, rows, pitch, width, out);
}

void interleave(int p, const float* rows, ptrdiff_t pitch, int width, Put put, float* out) {
  HWY_DYNAMIC_DISPATCH(Interleave)(p, rows, pitch, width, put, out);
}

}  // namespace reverie::cpu
#endif  // HWY_ONCE
