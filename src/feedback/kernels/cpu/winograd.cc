// Winograd's convolution F(4x4, 3x3): a quarter of the multiplications for two cheap transforms; 2.6 times as
// fast as the plain product at 48 -> 192 channels.  Vectors run over tiles, which are packed across rows;
// pooling and activation happen in registers, so that the full-size sums are never stored.  A few tiles go
// through all stages while they are in the near caches (a tenth less time).
#include "feedback/kernels/cpu/winograd.h"

#include <algorithm>

#include "feedback/kernels/cpu/scratch.h"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "feedback/kernels/cpu/winograd.cc"
#include <hwy/cache_control.h>
#include <hwy/foreach_target.h>  // IWYU pragma: keep
#include <hwy/highway.h>

#include "feedback/kernels/cpu/product-inl.h"

#ifndef REVERIE_CPU_WINOGRAD_ONCE
#define REVERIE_CPU_WINOGRAD_ONCE
namespace reverie::cpu {

constexpr int kPoints = 36;
constexpr int kPart = 32;  // tiles computed and used together: their products stay in the nearest caches
// Distance between two points of a part, and of a group: an odd number of cache lines, so that the same place
// of all points does not map to the same few cache sets.
constexpr ptrdiff_t kPartPlane = kMostBlock * kPart + kSlack;

// Distance between the rows of a run after the vertical transform: what is read of it, rounded up.
constexpr ptrdiff_t whole_run(int tiles) {
  return 4 * ((tiles + kSlack - 1) / kSlack + 1) * kSlack;
}

// What follows the convolution.
struct Finish {
  Pool pool;
  Activation activation;
  float scale;
};

// A block of the weights: [36][lower][count].
struct PointWeights {
  const float* at;
  const float* bias;
  int lower, count;
};

// Target of a run of tiles: `rows` rows of `samples` starting at `out`, for the first output.
struct RunOut {
  int at, count, rows;
  int samples;  // fewer than the tiles compute at the end of a row: the neighbour may be another thread's
  float* out;
};

// Some outputs of some tiles, up to kPart.
struct PartOut {
  const RunOut* runs;
  int run_count;
  ptrdiff_t pitch, plane;  // between two rows, between two outputs
};

}  // namespace reverie::cpu
#endif

HWY_BEFORE_NAMESPACE();
namespace reverie::cpu::HWY_NAMESPACE {

// B^T d
HWY_INLINE void transform_in(const V d[6], V out[6]) {
  const D tag;
  const V two = hn::Set(tag, 2.0F);
  const V four = hn::Set(tag, 4.0F);
  const V five = hn::Set(tag, 5.0F);
  out[0] = hn::MulAdd(four, d[0], hn::NegMulAdd(five, d[2], d[4]));
  const V even = hn::NegMulAdd(four, d[2], d[4]);
  const V odd = hn::NegMulAdd(four, d[1], d[3]);
  out[1] = hn::Add(even, odd);
  out[2] = hn::Sub(even, odd);
  const V even2 = hn::Sub(d[4], d[2]);
  const V odd2 = hn::Sub(d[3], d[1]);
  out[3] = hn::MulAdd(two, odd2, even2);
  out[4] = hn::NegMulAdd(two, odd2, even2);
  out[5] = hn::MulAdd(four, d[1], hn::NegMulAdd(five, d[3], d[5]));
}

// A^T m
HWY_INLINE void transform_out(const V m[6], V out[4]) {
  const D tag;
  const V sum1 = hn::Add(m[1], m[2]);
  const V difference1 = hn::Sub(m[1], m[2]);
  const V sum2 = hn::Add(m[3], m[4]);
  const V difference2 = hn::Sub(m[3], m[4]);
  out[0] = hn::Add(m[0], hn::Add(sum1, sum2));
  out[1] = hn::MulAdd(hn::Set(tag, 2.0F), difference2, difference1);
  out[2] = hn::MulAdd(hn::Set(tag, 4.0F), sum2, sum1);
  out[3] = hn::MulAdd(hn::Set(tag, 8.0F), difference2, hn::Add(difference1, m[5]));
}

// s[i] = the samples i, i + 4, i + 8 .. of `from`.
HWY_INLINE void load_every_fourth(const float* from, V s[4]) {
  const D d;
#if HWY_TARGET == HWY_SCALAR
  for (int i = 0; i < 4; ++i) s[i] = hn::LoadU(d, from + i);
#else
  const size_t lanes = hn::Lanes(d);
  V v[4];
  for (size_t i = 0; i < 4; ++i) v[i] = hn::LoadU(d, from + i * lanes);
  const V even[2] = {hn::ConcatEven(d, v[1], v[0]), hn::ConcatEven(d, v[3], v[2])};
  const V odd[2] = {hn::ConcatOdd(d, v[1], v[0]), hn::ConcatOdd(d, v[3], v[2])};
  s[0] = hn::ConcatEven(d, even[1], even[0]);
  s[1] = hn::ConcatEven(d, odd[1], odd[0]);
  s[2] = hn::ConcatOdd(d, even[1], even[0]);
  s[3] = hn::ConcatOdd(d, odd[1], odd[0]);
#endif
}

// in: the first row of the first tile, sample 0; `ahead` from there to what is transformed next; down: room
// for 6 rows of the run.  Writes whole vectors of tiles.  Vertical first: rows are already vectors.
void TransformIn(const float* in, ptrdiff_t pitch, ptrdiff_t ahead, int tiles, float* down, float* out,
                 ptrdiff_t plane) {
  const D d;
  const int lanes = static_cast<int>(hn::Lanes(d));
  const ptrdiff_t down_pitch = whole_run(tiles);
  const float* from = in - pitch - 1;
  for (int x = 0; x < 4 * tiles + 2; x += lanes) {
    V column[6];
    V point[6];
    for (int i = 0; i < 6; ++i) {
      column[i] = hn::LoadU(d, from + i * pitch + x);
      hwy::Prefetch(from + i * pitch + x + ahead);
    }
    transform_in(column, point);
    for (int i = 0; i < 6; ++i) hn::StoreU(point[i], d, down + i * down_pitch + x);
  }
  for (int t = 0; t < tiles; t += lanes) {
    for (int i = 0; i < 6; ++i) {
      V s[8];
      V point[6];
      load_every_fourth(down + i * down_pitch + 4 * t, s);
      load_every_fourth(down + i * down_pitch + 4 * t + 4, s + 4);  // two of its four are used
      transform_in(s, point);
      for (int j = 0; j < 6; ++j) hn::StoreU(point[j], d, out + t + (6 * i + j) * plane);
    }
  }
}

HWY_INLINE V pooled(Pool how, V a, V b) {
  if (how == Pool::kStride) return a;
  if (how == Pool::kMean) return hn::Add(a, b);
  return how == Pool::kMax ? hn::Max(a, b) : hn::IfThenElse(hn::Gt(hn::Abs(b), hn::Abs(a)), b, a);
}

// One vector of tiles, s[y][x], to Q x Q samples of the pooled result each.  The activation is monotonic and
// tanh is odd: all pools except the mean may pool first.
template <int Q>
HWY_INLINE void finish(const Finish& f, float bias_of, V s[4][4], V out[Q][Q]) {
  constexpr int kPool = 4 / Q;
  const D d;
  const V bias = hn::Set(d, bias_of);
  const bool mean = f.pool == Pool::kMean;
  const bool early = mean || f.pool == Pool::kMaxMagnitude;
  const V scale = hn::Set(d, mean ? f.scale / (kPool * kPool) : f.scale);
  for (int y = 0; early && y < 4; ++y) {
    for (int x = 0; x < 4; ++x) {
      s[y][x] = hn::Add(s[y][x], bias);
      if (mean) s[y][x] = activated(f.activation, s[y][x]);
    }
  }
  for (int y = 0; y < Q; ++y) {
    for (int x = 0; x < Q; ++x) {
      V v = s[y * kPool][x * kPool];
      for (int i = 0; i < kPool; ++i) {
        for (int j = i == 0 ? 1 : 0; j < kPool; ++j) v = pooled(f.pool, v, s[y * kPool + i][x * kPool + j]);
      }
      if (!early) v = hn::Add(v, bias);
      out[y][x] = hn::Mul(scale, mean ? v : activated(f.activation, v));
    }
  }
}

// One output of a part; products: [36] points.  Processes a vector of tiles at a time, whatever runs it
// contains, then distributes the results to the runs.
template <int Q>
HWY_INLINE void transform_out_to(const float* products, const Finish& f, float bias, const PartOut& to,
                                 ptrdiff_t at_output) {
  const D d;
  const int lanes = static_cast<int>(hn::Lanes(d));
  const RunOut* run = to.runs;
  const RunOut* end = to.runs + to.run_count;
  HWY_ALIGN float ready[Q * Q * kSlack + kSlack];
  for (int t = 0; t < end[-1].at + end[-1].count; t += lanes) {
    V columns[6][4];
    for (int j = 0; j < 6; ++j) {
      V m[6];
      for (int i = 0; i < 6; ++i) m[i] = hn::Load(d, products + t + (6 * i + j) * kPartPlane);
      transform_out(m, columns[j]);
    }
    V s[4][4];
    for (int i = 0; i < 4; ++i) {
      const V m[6] = {columns[0][i], columns[1][i], columns[2][i],
                      columns[3][i], columns[4][i], columns[5][i]};
      transform_out(m, s[i]);
    }
    V result[Q][Q];
    finish<Q>(f, bias, s, result);
    for (; run->at + run->count <= t; ++run) {
    }
    if (run->at <= t && (t + lanes - run->at) * Q <= run->samples) {
      for (int y = 0; y < run->rows; ++y)
        store_interleaved<Q>(result[y], run->out + at_output + y * to.pitch + (t - run->at) * Q);
      continue;
    }
    for (int y = 0; y < Q; ++y) store_interleaved<Q>(result[y], ready + y * Q * kSlack);
    for (const RunOut* r = run; r < end && r->at < t + lanes; ++r) {
      const int first = std::max(r->at, t);
      const int done = (first - r->at) * Q;
      const int last = std::min(r->samples, (t + lanes - r->at) * Q);
      for (int y = 0; y < r->rows; ++y)
        copy_row(ready + y * Q * kSlack + (first - t) * Q, last - done,
                 r->out + at_output + y * to.pitch + done);
    }
  }
}

// Prefetches what will be written while products are computed.
template <int Q>
HWY_INLINE void fetch(const PartOut& to, int outputs) {
  for (int o = 0; o < outputs; ++o) {
    for (const RunOut* r = to.runs; r < to.runs + to.run_count; ++r) {
      for (int y = 0; y < r->rows; ++y) {
        const float* row = r->out + o * to.plane + y * to.pitch;
        for (int x = 0; x < r->count * Q; x += kSlack) hwy::Prefetch(row + x);
      }
    }
  }
}

// The outputs of a block of weights for one part: all products, then the rest.
template <int Q>
void encode_part(const PointWeights& w, const float* points, ptrdiff_t plane, const ptrdiff_t* offset,
                 float* products, const Finish& f, const PartOut& to) {
  constexpr float kNoBias[kMostBlock] = {};
  const RunOut& last = to.runs[to.run_count - 1];
  fetch<Q>(to, w.count);
  for (int p = 0; p < kPoints; ++p) {
    multiply_by(w.at + p * w.lower * w.count, kNoBias, w.count, w.lower, offset,
                {points + p * plane, 0, products + p * kPartPlane, 0, kPart, 1, last.at + last.count});
  }
  for (int o = 0; o < w.count; ++o) transform_out_to<Q>(products + o * kPart, f, w.bias[o], to, o * to.plane);
}

void EncodePart(int pool_size, const PointWeights& w, const float* points, ptrdiff_t plane,
                const ptrdiff_t* offset, float* products, const Finish& f, const PartOut& to) {
  if (pool_size == 1) return encode_part<4>(w, points, plane, offset, products, f, to);
  if (pool_size == 2) return encode_part<2>(w, points, plane, offset, products, f, to);
  encode_part<1>(w, points, plane, offset, products, f, to);
}

}  // namespace reverie::cpu::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace reverie::cpu {
namespace {

HWY_EXPORT(TransformIn);
HWY_EXPORT(EncodePart);

constexpr int kGroup = 128;  // tiles transformed together: with fewer the weights are read too often

size_t z(int i) {
  return static_cast<size_t>(i);
}

// G g G^T at point (i, j) of one 3x3 filter.
float filter_at(const float* g, int point) {
  constexpr double kG[6][3] = {{1.0 / 4, 0, 0},
                               {-1.0 / 6, -1.0 / 6, -1.0 / 6},
                               {-1.0 / 6, 1.0 / 6, -1.0 / 6},
                               {1.0 / 24, 1.0 / 12, 1.0 / 6},
                               {1.0 / 24, -1.0 / 12, 1.0 / 6},
                               {0, 0, 1}};
  const double* down = kG[point / 6];
  const double* across = kG[point % 6];
  double sum = 0;
  for (int y = 0; y < 3; ++y) {
    for (int x = 0; x < 3; ++x) sum += down[y] * across[x] * g[y * 3 + x];
  }
  return static_cast<float>(sum);
}

int tiles_across(int width) {
  return (width + 3) / 4;
}

// Distance between two points of a group.
ptrdiff_t plane_of(int lower) {
  return lower * kGroup + kSlack;
}

}  // namespace

bool Winograd::pays(const Layer& layer) {
  const bool fits = layer.encode_kernel == 3 && 4 % layer.pool_size == 0;
  return fits && layer.lower >= 3 && layer.upper >= 8;
}

int Winograd::tile_rows(int width) {
  const int across = tiles_across(width);
  int best = 1;
  double best_share = 0;  // of the groups' places that hold a tile
  for (int rows = 1; rows <= 8 && (rows == 1 || rows * across <= 4 * kGroup); ++rows) {
    const int tiles = rows * across;
    const int places = (tiles + kSlack - 1) / kSlack * kSlack;
    const double share = static_cast<double>(tiles) / places;
    if (share < best_share + 0.02) continue;
    best = rows;
    best_share = share;
  }
  return best;
}

Winograd::Winograd(const Layer& layer)
    : weights_(
          layer.upper, kPoints * layer.lower, 1,
          [&](int o, int tap) {
            const float* filters = layer.encode_weight.data() + z(o) * z(layer.lower) * 9;
            return filter_at(filters + z(tap % layer.lower) * 9, tap / layer.lower);
          },
          [&](int o) { return layer.encode_bias[z(o)]; }),
      lower_(layer.lower),
      pool_size_(layer.pool_size) {}

// points: [36][lower][kGroup]
void Winograd::transform_in(const Grid& in, int first, const std::vector<Run>& group, float* points) const {
  float* down = scratch(2).get(static_cast<size_t>(6 * whole_run(kGroup) + kSlack));
  for (int c = 0; c < lower_; ++c) {
    for (const Run& r : group) {  // the next run, or the next channel, overwrites any excess of a run
      HWY_DYNAMIC_DISPATCH(TransformIn)
      (in.row(c, 4 * (first + r.row)) + 4 * r.column, in.pitch(), in.plane_pitch(), r.count, down,
       points + c * kGroup + r.at, plane_of(lower_));
    }
  }
}

void Winograd::fetch_next(const Grid& in, int y, int rows, const Weights::Block& block) const {
  const int last = std::min(y + rows + 1, in.height() + 1);
  for (int c = block.first * lower_ / weights_.outputs;
       c < (block.first + block.count) * lower_ / weights_.outputs; ++c) {
    for (const float* x = in.row(c, y); x < in.row(c, last); x += kSlack) hwy::Prefetch(x);
  }
}

void Winograd::encode(const Grid& in, int first, int rows, Pool pool, Activation activation, float scale,
                      Grid& out) const {
  const int q = 4 / pool_size_;
  const int across = tiles_across(in.width());
  float* points = scratch(1).get(static_cast<size_t>(kPoints * plane_of(lower_)));
  std::vector<ptrdiff_t> offset;
  offset.reserve(z(lower_));
  for (int c = 0; c < lower_; ++c) offset.push_back(c * kGroup);
  std::vector<RunOut> to;
  for (int begin = 0; begin < rows * across; begin += kGroup) {
    const int tiles = std::min(kGroup, rows * across - begin);
    transform_in(in, first, runs(across, begin, tiles), points);
    float* products = scratch(2).get(static_cast<size_t>(kPoints * kPartPlane));
    for (const Weights::Block& block : weights_.blocks) {
      fetch_next(in, 4 * (first + (begin + kGroup) / across), 4 * ((kGroup + across - 1) / across), block);
      for (int part = 0; part < tiles; part += kPart) {
        to.clear();
        for (const Run& r : runs(across, begin + part, std::min(kPart, tiles - part))) {
          const int y = q * (first + r.row);
          const int x = q * r.column;
          to.push_back({r.at, r.count, std::min(q, out.height() - y), std::min(q * r.count, out.width() - x),
                        out.row(block.first, y) + x});
        }
        HWY_DYNAMIC_DISPATCH(EncodePart)
        (pool_size_, {weights_.of(block), weights_.bias.data() + block.first, lower_, block.count},
         points + part, plane_of(lower_), offset.data(), products, {pool, activation, scale},
         {to.data(), static_cast<int>(to.size()), out.pitch(), out.plane_pitch()});
      }
    }
  }
}

}  // namespace reverie::cpu
#endif  // HWY_ONCE
