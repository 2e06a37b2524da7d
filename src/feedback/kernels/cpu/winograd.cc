// Winograd's convolution F(4x4, 3x3): a quarter of the products for two cheap transforms; 2.6 times as fast
// as the plain product at 48 -> 192 channels.  Vectors run over tiles, which are packed across rows; pooling
// and activation happen in registers, so that the sums at full size are never stored.
#include "feedback/kernels/cpu/winograd.h"

#include <algorithm>

#include "feedback/kernels/cpu/scratch.h"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "feedback/kernels/cpu/winograd.cc"
#include <hwy/foreach_target.h>  // IWYU pragma: keep
#include <hwy/highway.h>

#include "feedback/kernels/cpu/math-inl.h"

#ifndef REVERIE_CPU_WINOGRAD_ONCE
#define REVERIE_CPU_WINOGRAD_ONCE
namespace reverie::cpu {

// What follows the convolution of one output.
struct Finish {
  Pool pool;
  Activation activation;
  int pool_size;
  float bias, scale;
};

// Where a run of tiles goes: `rows` rows from `out` on.
struct RunOut {
  int at, count, rows;
  float* out;
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

// in: the first row of the first tile, sample 0.  Writes whole vectors of tiles.
void TransformIn(const float* in, ptrdiff_t pitch, int tiles, float* out, ptrdiff_t plane) {
  const D d;
  for (int x = 0; x < tiles; x += static_cast<int>(hn::Lanes(d))) {
    V rows[6][6];
    for (int i = 0; i < 6; ++i) {
      const float* from = in + (i - 1) * pitch + 4 * x - 1;
      V s[6];
      V unused[2];
      hn::LoadInterleaved4(d, from, s[0], s[1], s[2], s[3]);
      hn::LoadInterleaved4(d, from + 4, s[4], s[5], unused[0], unused[1]);
      transform_in(s, rows[i]);
    }
    for (int j = 0; j < 6; ++j) {
      const V column[6] = {rows[0][j], rows[1][j], rows[2][j], rows[3][j], rows[4][j], rows[5][j]};
      V point[6];
      transform_in(column, point);
      for (int i = 0; i < 6; ++i) hn::StoreU(point[i], d, out + x + (6 * i + j) * plane);
    }
  }
}

HWY_INLINE V pooled(Pool how, V a, V b) {
  if (how == Pool::kStride) return a;
  if (how == Pool::kMean) return hn::Add(a, b);
  return how == Pool::kMax ? hn::Max(a, b) : hn::IfThenElse(hn::Gt(hn::Abs(b), hn::Abs(a)), b, a);
}

// One vector of tiles, s[y][x], to Q x Q samples of the pooled result each.  The activation rises everywhere
// and tanh is odd: all but the mean may pool first.
template <int Q>
HWY_INLINE void finish(const Finish& f, V s[4][4], V out[Q][Q]) {
  constexpr int kPool = 4 / Q;
  const D d;
  const V bias = hn::Set(d, f.bias);
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

// products: a vector of tiles at a time, whatever runs it holds; what is ready is then handed to each run.
template <int Q>
void transform_out_to(const float* products, ptrdiff_t plane, const Finish& f, const RunOut* runs, int count,
                      ptrdiff_t pitch) {
  const D d;
  const int lanes = static_cast<int>(hn::Lanes(d));
  const RunOut* run = runs;
  HWY_ALIGN float ready[Q * Q * kSlack + kSlack];
  for (int t = 0; t < runs[count - 1].at + runs[count - 1].count; t += lanes) {
    V columns[6][4];
    for (int j = 0; j < 6; ++j) {
      V m[6];
      for (int i = 0; i < 6; ++i) m[i] = hn::Load(d, products + t + (6 * i + j) * plane);
      transform_out(m, columns[j]);
    }
    V s[4][4];
    for (int i = 0; i < 4; ++i) {
      const V m[6] = {columns[0][i], columns[1][i], columns[2][i],
                      columns[3][i], columns[4][i], columns[5][i]};
      transform_out(m, s[i]);
    }
    V result[Q][Q];
    finish<Q>(f, s, result);
    for (; run->at + run->count <= t; ++run) {
    }
    if (run->at <= t && t + lanes <= run->at + run->count) {
      for (int y = 0; y < run->rows; ++y)
        store_interleaved<Q>(result[y], run->out + y * pitch + (t - run->at) * Q);
      continue;
    }
    for (int y = 0; y < Q; ++y) store_interleaved<Q>(result[y], ready + y * Q * kSlack);
    for (const RunOut* r = run; r < runs + count && r->at < t + lanes; ++r) {
      const int first = std::max(r->at, t);
      const int last = std::min(r->at + r->count, t + lanes);
      for (int y = 0; y < r->rows; ++y)
        copy_row(ready + y * Q * kSlack + (first - t) * Q, (last - first) * Q,
                 r->out + y * pitch + (first - r->at) * Q);
    }
  }
}

void TransformOut(const float* products, ptrdiff_t plane, const Finish& f, const RunOut* runs, int count,
                  ptrdiff_t pitch) {
  if (f.pool_size == 1) return transform_out_to<4>(products, plane, f, runs, count, pitch);
  if (f.pool_size == 2) return transform_out_to<2>(products, plane, f, runs, count, pitch);
  transform_out_to<1>(products, plane, f, runs, count, pitch);
}

}  // namespace reverie::cpu::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace reverie::cpu {
namespace {

HWY_EXPORT(TransformIn);
HWY_EXPORT(TransformOut);

constexpr int kPoints = 36;
constexpr int kGroup =
    128;  // tiles that go through all stages together: with fewer the weights are read too often

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

// Distance of two points that hold `rows` rows of a group: an odd number of cache lines, so that the same
// place of all points does not fall into the same few sets of the cache.
ptrdiff_t plane_of(int rows) {
  return rows * kGroup + kSlack;
}

}  // namespace

bool Winograd::pays(const Layer& layer) {
  const bool fits = layer.encode_kernel == 3 && 4 % layer.pool_size == 0;
  return fits && layer.lower >= 8 && layer.upper >= 16;
}

int Winograd::tile_rows(int width) {
  const int across = tiles_across(width);
  int best = 1;
  double best_share = 0;  // of the groups' places that hold a tile
  for (int rows = 1; rows <= 8 && (rows == 1 || rows * across <= 4 * kGroup); ++rows) {
    const int tiles = rows * across;
    const double share = static_cast<double>(tiles) / ((tiles + kSlack - 1) / kSlack * kSlack);
    if (share < best_share + 0.02) continue;
    best = rows;
    best_share = share;
  }
  return best;
}

Winograd::Winograd(const Layer& layer)
    : bias_(layer.encode_bias), lower_(layer.lower), pool_size_(layer.pool_size) {
  for (int point = 0; point < kPoints; ++point) {
    const auto weight = [&](int o, int c) {
      return filter_at(layer.encode_weight.data() + (z(o) * z(layer.lower) + z(c)) * 9, point);
    };
    weights_.emplace_back(layer.upper, layer.lower, 1, weight, [](int) { return 0.0F; });
  }
}

size_t Winograd::bytes() const {
  size_t sum = bias_.capacity() * sizeof(float);
  for (const Weights& w : weights_) sum += w.bytes();
  return sum;
}

// points: [36][lower][kGroup], with odd_lines() between two points.
void Winograd::transform_in(const Grid& in, int first, const std::vector<Run>& group, float* points) const {
  for (int c = 0; c < lower_; ++c) {
    for (const Run& r : group) {  // what a run writes too much the next one, or the next channel, overwrites
      HWY_DYNAMIC_DISPATCH(TransformIn)
      (in.row(c, 4 * (first + r.row)) + 4 * r.column, in.pitch(), r.count, points + c * kGroup + r.at,
       plane_of(lower_));
    }
  }
}

void Winograd::encode(const Grid& in, int first, int rows, Pool pool, Activation activation, float scale,
                      Grid& out) const {
  const int q = 4 / pool_size_;
  const int across = tiles_across(in.width());
  float* points = scratch(1).get(static_cast<size_t>(kPoints * plane_of(lower_)));
  const ptrdiff_t plane = plane_of(kMostBlock);
  float* products = scratch(2).get(static_cast<size_t>(kPoints * plane));
  std::vector<ptrdiff_t> offset;
  for (int c = 0; c < lower_; ++c) offset.push_back(c * kGroup);
  for (int begin = 0; begin < rows * across; begin += kGroup) {
    const int tiles = std::min(kGroup, rows * across - begin);
    const std::vector<Run> group = runs(across, begin, tiles);
    std::vector<RunOut> to(group.size());
    transform_in(in, first, group, points);
    for (size_t b = 0; b < weights_[0].blocks.size(); ++b) {
      const Weights::Block& block = weights_[0].blocks[b];
      for (int point = 0; point < kPoints; ++point) {
        multiply(weights_[z(point)], block, offset.data(),
                 {points + point * plane_of(lower_), 0, products + point * plane, 0, kGroup, 1, tiles});
      }
      for (int o = 0; o < block.count; ++o) {
        const int c = block.first + o;
        for (size_t r = 0; r < group.size(); ++r) {
          const int y = q * (first + group[r].row);
          to[r] = {group[r].at, group[r].count, std::min(q, out.height() - y),
                   out.row(c, y) + q * group[r].column};
        }
        HWY_DYNAMIC_DISPATCH(TransformOut)
        (products + o * kGroup, plane, {pool, activation, pool_size_, bias_[z(c)], scale}, to.data(),
         static_cast<int>(to.size()), out.pitch());
      }
    }
  }
}

}  // namespace reverie::cpu
#endif  // HWY_ONCE
