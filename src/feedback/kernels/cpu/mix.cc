// Blur, gain and shares are folded into two factors per term, so that a sample of the next state costs one
// read of its neighbours and a few multiply-adds.  The next plane, whose rows are too short for the hardware
// prefetcher, is prefetched (a quarter less time).
#include "feedback/kernels/cpu/mix.h"

#include <algorithm>

#include "feedback/kernels/cpu/grid.h"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "feedback/kernels/cpu/mix.cc"
#include <hwy/foreach_target.h>  // IWYU pragma: keep

#include <hwy/cache_control.h>
#include <hwy/contrib/math/math-inl.h>
#include <hwy/highway.h>

#include "feedback/kernels/cpu/math-inl.h"

HWY_BEFORE_NAMESPACE();
namespace reverie::cpu::HWY_NAMESPACE {

HWY_INLINE V add_term(const MixTerm& t, ptrdiff_t at, int x, V sum) {
  const D d;
  const float* from = t.x + at;
  sum = hn::MulAdd(hn::LoadU(d, t.centre + x), hn::LoadU(d, from), sum);
  if (t.around == nullptr) return sum;
  const V sides = hn::Add(hn::LoadU(d, from - 1), hn::LoadU(d, from + 1));
  const V rows = hn::Add(hn::LoadU(d, from - t.pitch), hn::LoadU(d, from + t.pitch));
  return hn::MulAdd(hn::LoadU(d, t.around + x), hn::Add(sides, rows), sum);
}

HWY_INLINE V mixed(const MixRow& row, int y, int x) {
  const D d;
  V sum = hn::LoadU(d, row.bias + x);
  if (row.noise != nullptr) sum = hn::Add(sum, hn::LoadU(d, row.noise + x));
  for (int t = 0; t < row.terms; ++t) {
    const ptrdiff_t at = y * row.term[t].pitch + x;
    hwy::Prefetch(row.term[t].x + at + row.term[t].ahead);
    sum = add_term(row.term[t], at, x, sum);
  }
  return sum;
}

void Mix(const MixRow& row, int width, float* out) {
  const D d;
  for (int x = 0; x < width; x += static_cast<int>(hn::Lanes(d)))
    store_part(mixed(row, 0, x), width - x, out + x);
}

#if HWY_TARGET == HWY_SCALAR
void Noise(uint64_t key, const float* level, int width, float* out) {
  for (int x = 0; x < width; ++x) {
    const uint64_t bits = reverie::mix_bits(key + static_cast<uint64_t>(x) * Random::kStep);
    out[x] = level[x] * (static_cast<float>(static_cast<int32_t>(bits >> 32U)) * 0x1p-31F);
  }
}
#else
using D64 = hn::Repartition<uint64_t, D>;
using V64 = hn::Vec<D64>;

// mix_bits() of core/random.h.
HWY_INLINE V64 mix_bits(V64 x) {
  const D64 d;
  x = hn::Add(x, hn::Set(d, 0x9e3779b97f4a7c15ULL));
  x = hn::Mul(hn::Xor(x, hn::ShiftRight<30>(x)), hn::Set(d, 0xbf58476d1ce4e5b9ULL));
  x = hn::Mul(hn::Xor(x, hn::ShiftRight<27>(x)), hn::Set(d, 0x94d049bb133111ebULL));
  return hn::Xor(x, hn::ShiftRight<31>(x));
}

void Noise(uint64_t key, const float* level, int width, float* out) {
  const D d;
  const D64 d64;
  const hn::RebindToSigned<D> di;
  const auto half = hn::Lanes(d64);
  HWY_ALIGN uint64_t steps[kSlack];
  for (size_t i = 0; i < half; ++i) steps[i] = i * Random::kStep;
  const V64 lanes = hn::Load(d64, steps);
  for (int x = 0; x < width; x += static_cast<int>(hn::Lanes(d))) {
    const auto bits = [&](uint64_t at) {
      return mix_bits(hn::Add(lanes, hn::Set(d64, key + at * Random::kStep)));
    };
    const auto at = static_cast<uint64_t>(x);
    // the upper halves of the bits of both
    const auto drawn = hn::ConcatOdd(di, hn::BitCast(di, bits(at + half)), hn::BitCast(di, bits(at)));
    const V uniform = hn::Mul(hn::ConvertTo(d, drawn), hn::Set(d, 0x1p-31F));
    store_part(hn::Mul(hn::LoadU(d, level + x), uniform), width - x, out + x);
  }
}

#endif

// Single-precision sums over short runs, double-precision sums over these.
RowSums Sums(const float* row, int width) {
  constexpr int kRun = 512;
  const D d;
  const int lanes = static_cast<int>(hn::Lanes(d));
  RowSums all;
  for (int first = 0; first < width; first += kRun) {
    V sum = hn::Zero(d);
    V square = hn::Zero(d);
    const int last = std::min(width, first + kRun);
    for (int x = first; x < last; x += lanes) {
      const V v = load_part(row + x, last - x);
      sum = hn::Add(sum, v);
      square = hn::MulAdd(v, v, square);
    }
    all.sum += static_cast<double>(hn::GetLane(hn::SumOfLanes(d, sum)));
    all.square += static_cast<double>(hn::GetLane(hn::SumOfLanes(d, square)));
  }
  return all;
}

template <Squash how>
HWY_INLINE V squashed(V u) {
  const D d;
  const V one = hn::Set(d, 1.0F);
  const auto hours = [&](V v, float n) {  // v - n floor(v / n)
    return hn::NegMulAdd(hn::Set(d, n), hn::Floor(hn::Mul(v, hn::Set(d, 1 / n))), v);
  };
  if constexpr (how == Squash::kTanh) return tanh(u);
  if constexpr (how == Squash::kSin) return hn::Sin(d, u);
  if constexpr (how == Squash::kWrap) return hn::Sub(hours(hn::Add(u, one), 2), one);
  if constexpr (how == Squash::kFold) {
    const V v = hours(hn::Add(u, one), 4);
    return hn::Min(hn::Sub(v, one), hn::Sub(hn::Set(d, 3.0F), v));
  }
  if constexpr (how == Squash::kClip) return hn::Min(hn::Max(u, hn::Neg(one)), one);
  return hn::Div(u, hn::MulAdd(u, u, hn::Set(d, 0.25F)));
}

// u(y, x): the vector starting at sample x of row y.
template <Squash how, class U>
HWY_INLINE void squash_with(const SquashRow& row, int rows, int width, float* out, ptrdiff_t pitch,
                            const U& u) {
  const D d;
  const V gain = hn::Set(d, row.gain);
  const V away = hn::Set(d, row.away);
  const float* kept_row = row.kept;
  for (int y = 0; y < rows; ++y, kept_row += row.kept_pitch, out += pitch) {
    for (int x = 0; x < width; x += static_cast<int>(hn::Lanes(d))) {
      hwy::Prefetch(kept_row + x + row.ahead);
      hwy::Prefetch(out + x + row.ahead);
      const V v = squashed<how>(hn::Mul(gain, hn::Sub(u(y, x), away)));
      const V keep = hn::LoadU(d, row.keep + x);
      const V kept = hn::Mul(keep, hn::LoadU(d, kept_row + x));
      store_part(hn::MulAdd(hn::Sub(hn::Set(d, 1.0F), keep), v, kept), width - x, out + x);
    }
  }
}

template <class U>
HWY_INLINE void squash_any(const SquashRow& row, int rows, int width, float* out, ptrdiff_t pitch,
                           const U& u) {
  switch (row.squash) {
    case Squash::kTanh:
      return squash_with<Squash::kTanh>(row, rows, width, out, pitch, u);
    case Squash::kSin:
      return squash_with<Squash::kSin>(row, rows, width, out, pitch, u);
    case Squash::kWrap:
      return squash_with<Squash::kWrap>(row, rows, width, out, pitch, u);
    case Squash::kFold:
      return squash_with<Squash::kFold>(row, rows, width, out, pitch, u);
    case Squash::kClip:
      return squash_with<Squash::kClip>(row, rows, width, out, pitch, u);
    case Squash::kRational:
      return squash_with<Squash::kRational>(row, rows, width, out, pitch, u);
  }
}

void SquashRowOf(const SquashRow& row, const float* u, int width, float* out) {
  squash_any(row, 1, width, out, 0, [u, width](int, int x) { return load_part(u + x, width - x); });
}

void MixAndSquash(const MixRow& mix, const SquashRow& row, int rows, int width, float* out, ptrdiff_t pitch) {
  squash_any(row, rows, width, out, pitch, [&mix](int y, int x) { return mixed(mix, y, x); });
}

}  // namespace reverie::cpu::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace reverie::cpu {

HWY_EXPORT(Mix);
HWY_EXPORT(Noise);
HWY_EXPORT(Sums);
HWY_EXPORT(SquashRowOf);
HWY_EXPORT(MixAndSquash);

void mix_row(const MixRow& row, int width, float* out) {
  HWY_DYNAMIC_DISPATCH(Mix)(row, width, out);
}

void noise_row(const Random& random, uint64_t first, const float* level, int width, float* out) {
  HWY_DYNAMIC_DISPATCH(Noise)(random.key() + first * Random::kStep, level, width, out);
}

RowSums row_sums(const float* row, int width) {
  return HWY_DYNAMIC_DISPATCH(Sums)(row, width);
}

void squash_row(const SquashRow& row, const float* u, int width, float* out) {
  HWY_DYNAMIC_DISPATCH(SquashRowOf)(row, u, width, out);
}

void mix_and_squash_rows(const MixRow& mix, const SquashRow& squash, int rows, int width, float* out,
                         ptrdiff_t pitch) {
  HWY_DYNAMIC_DISPATCH(MixAndSquash)(mix, squash, rows, width, out, pitch);
}

}  // namespace reverie::cpu
#endif  // HWY_ONCE
