// Warping, one row at a time: where a sample comes from is computed once and used for all channels, and the
// rim of the planes lets every tap be read without checking for the border.
#include "feedback/kernels/cpu/move.h"

#include <algorithm>
#include <cmath>
#include <cstring>
#include <numbers>

#include "feedback/kernels/cpu/scratch.h"
#include "feedback/warp.h"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "feedback/kernels/cpu/move.cc"
#include <hwy/cache_control.h>
#include <hwy/foreach_target.h>  // IWYU pragma: keep
#include <hwy/highway.h>

#include "feedback/kernels/cpu/math-inl.h"

#ifndef REVERIE_CPU_MOVE_ONCE
#define REVERIE_CPU_MOVE_ONCE
namespace reverie::cpu {

// A row of positions to read: the sample above and to the left of each, and the fraction from there.
struct Places {
  int32_t* index;  // from the plane's first sample
  float *x, *y;    // in: source position; out: 0..1 beyond the sample at index
};

}  // namespace reverie::cpu
#endif

HWY_BEFORE_NAMESPACE();
namespace reverie::cpu::HWY_NAMESPACE {
using DI = hn::RebindToSigned<D>;

// Maps a whole number of samples to a place where the plane or its rim has the same samples.
HWY_INLINE V within(V v, float n, Border border) {
  const D d;
  if (border != Border::kWrap) {
    return hn::Min(hn::Max(v, hn::Set(d, -kMoveRim + 1.0F)), hn::Set(d, n + kMoveRim - 3.0F));
  }
  const V size = hn::Set(d, n);
  v = hn::NegMulAdd(size, hn::Floor(hn::Div(v, size)), v);
  v = hn::Add(v, hn::IfThenElseZero(hn::Lt(v, hn::Zero(d)), size));  // in case the division was rounded
  return hn::Sub(v, hn::IfThenElseZero(hn::Ge(v, size), size));
}

// Far outside nothing changes any more; NaN is read at 0, as in warp.cc.
HWY_INLINE V tame(V v) {
  const D d;
  v = hn::IfThenElseZero(hn::Lt(hn::Abs(v), hn::Set(d, INFINITY)), v);
  return hn::Min(hn::Max(v, hn::Set(d, -1e6F)), hn::Set(d, 1e6F));
}

void Locate(const Grid& in, Border border, Sampling sampling, const Places& places) {
  const D d;
  const DI di;
  const V half = hn::Set(d, sampling == Sampling::kNearest ? 0.5F : 0.0F);
  for (int i = 0; i < in.width(); i += static_cast<int>(hn::Lanes(d))) {
    const V x = hn::Add(tame(hn::LoadU(d, places.x + i)), half);
    const V y = hn::Add(tame(hn::LoadU(d, places.y + i)), half);
    const V fx = hn::Floor(x);
    const V fy = hn::Floor(y);
    hn::StoreU(hn::Sub(x, fx), d, places.x + i);
    hn::StoreU(hn::Sub(y, fy), d, places.y + i);
    const auto column = hn::ConvertTo(di, within(fx, static_cast<float>(in.width()), border));
    const auto row = hn::ConvertTo(di, within(fy, static_cast<float>(in.height()), border));
    const auto pitch = hn::Set(di, static_cast<int32_t>(in.pitch()));
    hn::StoreU(hn::Add(hn::Mul(row, pitch), column), di, places.index + i);
  }
}

// out[N * i ..] = the N samples starting at each position.  Plain copies: gather instructions were slower
// (Zen 4, a frame of first-light: 29 % of the step instead of 21 %).
template <int N>
void fetch(const float* plane, const int32_t* index, int width, float* out) {
  for (int i = 0; i < width; ++i) std::memcpy(out + N * i, plane + index[i], N * sizeof(float));
}

void SampleLinear(const float* plane, ptrdiff_t pitch, const Places& places, int width, float* taps,
                  float* out) {
  const D d;
  float* top = taps;
  float* bottom = taps + 2 * (width + kSlack);
  fetch<2>(plane, places.index, width, top);
  fetch<2>(plane + pitch, places.index, width, bottom);
  for (int i = 0; i < width; i += static_cast<int>(hn::Lanes(d))) {
    const V x = hn::LoadU(d, places.x + i);
    const auto across = [&](const float* row) {
      V left;
      V right;
      hn::LoadInterleaved2(d, row + 2 * i, left, right);
      return hn::MulAdd(x, hn::Sub(right, left), left);
    };
    hwy::Prefetch(plane + places.index[i] + 2 * pitch);  // the only new one of the next row's source rows
    const V a = across(top);
    store_part(hn::MulAdd(hn::LoadU(d, places.y + i), hn::Sub(across(bottom), a), a), width - i, out + i);
  }
}

// Catmull-Rom weights at t between samples 0 and 1 of -1, 0, 1, 2.
HWY_INLINE void catmull_rom(V t, V w[4]) {
  const D d;
  const auto c = [&](float v) { return hn::Set(d, v); };
  w[0] = hn::Mul(t, hn::MulAdd(t, hn::NegMulAdd(c(0.5F), t, c(1)), c(-0.5F)));
  w[1] = hn::MulAdd(hn::Mul(t, t), hn::MulAdd(c(1.5F), t, c(-2.5F)), c(1));
  w[2] = hn::Mul(t, hn::MulAdd(t, hn::NegMulAdd(c(1.5F), t, c(2)), c(0.5F)));
  w[3] = hn::Mul(hn::Mul(t, t), hn::MulAdd(c(0.5F), t, c(-0.5F)));
}

void SampleCubic(const float* plane, ptrdiff_t pitch, const Places& places, int width, float* taps,
                 float* out) {
  const D d;
  for (int j = 0; j < 4; ++j) {
    fetch<4>(plane + (j - 1) * pitch - 1, places.index, width, taps);
    for (int i = 0; i < width; i += static_cast<int>(hn::Lanes(d))) {
      V wx[4];
      V wy[4];
      V s[4];
      catmull_rom(hn::LoadU(d, places.x + i), wx);
      catmull_rom(hn::LoadU(d, places.y + i), wy);
      hn::LoadInterleaved4(d, taps + 4 * i, s[0], s[1], s[2], s[3]);
      const V low = hn::MulAdd(wx[1], s[1], hn::Mul(wx[0], s[0]));
      const V row = hn::MulAdd(wx[3], s[3], hn::MulAdd(wx[2], s[2], low));
      const V before = j == 0 ? hn::Zero(d) : load_part(out + i, width - i);
      store_part(hn::MulAdd(wy[j], row, before), width - i, out + i);
    }
  }
}

// Reads a row of a plane at the positions.  taps: room for 4 * (width + kSlack) samples.
void SampleRow(const float* plane, ptrdiff_t pitch, Sampling sampling, const Places& places, int width,
               float* taps, float* out) {
  switch (sampling) {
    case Sampling::kNearest:
      return fetch<1>(plane, places.index, width, out);
    case Sampling::kLinear:
      return SampleLinear(plane, pitch, places, width, taps, out);
    case Sampling::kCubic:
      return SampleCubic(plane, pitch, places, width, taps, out);
  }
}

// Turns the colours (a, b, c) about the grey axis (Rodrigues' rotation); sine over the root of 3.
void TurnHue(float* a, float* b, float* c, const float* cosine, const float* sine, int width) {
  const D d;
  for (int i = 0; i < width; i += static_cast<int>(hn::Lanes(d))) {
    const V va = load_part(a + i, width - i);
    const V vb = load_part(b + i, width - i);
    const V vc = load_part(c + i, width - i);
    const V co = hn::LoadU(d, cosine + i);
    const V si = hn::LoadU(d, sine + i);
    const V mean = hn::Mul(hn::Add(hn::Add(va, vb), vc), hn::Set(d, 1.0F / 3));
    const auto turned = [&](V x, V next, V last) {
      return hn::MulAdd(si, hn::Sub(last, next), hn::MulAdd(co, hn::Sub(x, mean), mean));
    };
    store_part(turned(va, vb, vc), width - i, a + i);
    store_part(turned(vb, vc, va), width - i, b + i);
    store_part(turned(vc, va, vb), width - i, c + i);
  }
}

}  // namespace reverie::cpu::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace reverie::cpu {
namespace {

HWY_EXPORT(Locate);
HWY_EXPORT(SampleRow);
HWY_EXPORT(TurnHue);

void hue_row(const Field& hue, int y, int width, float* cosine, float* sine) {
  for (int x = 0; x < width; ++x) {
    if (x > 0 && hue.picture == nullptr) {
      cosine[x] = cosine[0];
      sine[x] = sine[0];
      continue;
    }
    const float angle = hue.at(y, x) * std::numbers::pi_v<float> / 180;
    cosine[x] = std::cos(angle);
    sine[x] = std::sin(angle) / std::numbers::sqrt3_v<float>;
  }
}

}  // namespace

void move_and_colour(const Grid& in, const Transition& transition, int level, int shrink, int first,
                     int count, Grid& out) {
  const LevelTransition& t = transition.level[static_cast<size_t>(level)];
  const int width = in.width();
  const size_t pitch = static_cast<size_t>(width) + kSlack;
  float* rows = scratch(0).get(9 * pitch);
  const Places places{reinterpret_cast<int32_t*>(rows), rows + pitch, rows + 2 * pitch};
  float* cosine = rows + 3 * pitch;
  float* sine = rows + 4 * pitch;
  float* taps = rows + 5 * pitch;
  for (int y = first; y < first + count; ++y) {
    if (t.moves()) {
      warp_row(transition, level, in.height(), width, shrink, y, places.x, places.y);
      HWY_DYNAMIC_DISPATCH(Locate)(in, transition.border, transition.sampling, places);
    }
    for (int c = 0; c < in.channels(); ++c) {
      const int from = (c + t.permute) % in.channels();
      float* to = out.row(c, y);
      if (t.moves()) {
        HWY_DYNAMIC_DISPATCH(SampleRow)
        (in.row(from, 0), in.pitch(), transition.sampling, places, width, taps, to);
      } else {
        std::copy(in.row(from, y), in.row(from, y) + width, to);
      }
    }
    if (!t.hue.is(0)) {
      if (y == first || t.hue.picture != nullptr) hue_row(t.hue, y, width, cosine, sine);
      for (int c = 0; c + 2 < in.channels(); c += 3) HWY_DYNAMIC_DISPATCH(TurnHue)
      (out.row(c, y), out.row(c + 1, y), out.row(c + 2, y), cosine, sine, width);
    }
    for (int c = 0; c < out.channels(); ++c) out.finish_row(c, y, transition.border);
  }
}

}  // namespace reverie::cpu
#endif  // HWY_ONCE
