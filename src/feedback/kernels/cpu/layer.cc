#include "feedback/kernels/cpu/layer.h"

#include <algorithm>
#include <cstring>

#include "feedback/kernels/cpu/runs.h"
#include "feedback/kernels/cpu/scratch.h"

namespace reverie::cpu {
namespace {

constexpr int kGroup = 64;           // samples decoded together
constexpr int kEnoughSamples = 256;  // in one product: fewer do not fill the register tiles

size_t z(int i) {
  return static_cast<size_t>(i);
}

int whole_vectors(int width) {
  return (width + kSlack - 1) / kSlack * kSlack;
}

// Rows to process together: two fill the tiles better than one, more would fall out of the cache.
int rows_at_once(int width) {
  return std::clamp(kEnoughSamples / width, 1, 4);
}

Weights encode_weights(const Layer& layer, Precision precision) {
  const int taps = layer.encode_kernel * layer.encode_kernel;
  const int all = layer.lower * taps;
  return Weights(
      layer.upper, all, 1, [&](int o, int k) { return layer.encode_weight[z(o) * z(all) + z(k)]; },
      [&](int o) { return layer.encode_bias[z(o)]; }, precision);
}

}  // namespace

Encoder::Encoder(const Layer& layer, Precision precision)
    : kernel_(layer.encode_kernel), pool_size_(layer.pool_size), lower_(layer.lower) {
  if (precision == Precision::kFp32 && Winograd::pays(layer)) {
    winograd_.emplace(layer);
  } else {
    weights_.emplace(encode_weights(layer, precision));
  }
}

int Encoder::rows_at_once(int width) const {
  return winograd_ ? Winograd::tile_rows(width) * 4 / pool_size_ : cpu::rows_at_once(width);
}

void Encoder::rows(const Grid& in, Pool pool, Activation activation, float scale, int first, int count,
                   Grid& out) const {
  // after relu the largest magnitude is the largest value
  if (pool == Pool::kMaxMagnitude && activation == Activation::kRelu) pool = Pool::kMax;
  if (!winograd_) return plain_rows(in, pool, activation, scale, first, count, out);
  const int each = 4 / pool_size_;
  const int at_once = Winograd::tile_rows(in.width()) * each;
  for (int y = first; y < first + count; y += at_once) {
    const int n = std::min(at_once, first + count - y);
    winograd_->encode(in, y / each, (n + each - 1) / each, pool, activation, scale, out);
  }
}

void Encoder::plain_rows(const Grid& in, Pool pool_kind, Activation activation, float scale, int first,
                         int count, Grid& out) const {
  std::vector<ptrdiff_t> offset;
  for (int c = 0; c < lower_; ++c) {
    for (int i = 0; i < kernel_; ++i) {
      for (int j = 0; j < kernel_; ++j)
        offset.push_back(c * in.plane_pitch() + (i - kernel_ / 2) * in.pitch() + j - kernel_ / 2);
    }
  }
  const int at_once = cpu::rows_at_once(in.width());
  const int pitch = whole_vectors(in.width()) + pool_size_ * kSlack;
  const int plane = pitch * at_once * pool_size_;
  float* sums = scratch(1).get(z(plane) * z(weights_->out_planes()));
  float* pooled = scratch(0).get(z(out.width()) + kSlack);
  // The activation is monotonic and tanh is odd: all pools except the mean may pool first, and then need the
  // activation of only one in p x p samples.
  const bool mean = pool_kind == Pool::kMean;
  for (int y = first; y < first + count; y += at_once) {
    const int n = std::min(at_once, first + count - y);
    const ProductPlace place{
        in.row(0, y * pool_size_), in.pitch(), sums, pitch, plane, n * pool_size_, in.width()};
    const Taps taps = gather(*weights_, offset.data(), place);
    for (const Weights::Block& b : weights_->blocks) {
      multiply(*weights_, b, taps, place);
      for (int i = 0; i < b.count * n; ++i) {
        float* rows = sums + i / n * plane + i % n * pool_size_ * pitch;
        if (mean) activate(activation, rows, pool_size_ * pitch);
        pool(pool_kind, pool_size_, rows, pitch, out.width(), pooled);
        if (!mean) activate(activation, pooled, out.width());
        interleave(1, pooled, 0, out.width(), {scale, false}, out.row(b.first + i / n, y + i % n));
      }
    }
  }
}

int Decoder::rim(const Layer& layer) {
  const int margin = (layer.decode_kernel - layer.pool_size) / 2;
  return (margin + layer.pool_size - 1) / layer.pool_size;
}

Decoder::Decoder(const Layer& layer, Precision precision)
    : pool_size_(layer.pool_size),
      upper_(layer.upper),
      joined_(layer.decode_kernel == layer.pool_size && layer.pool_size <= kMostBlock) {
  for (int py = 0; py < pool_size_; ++py) {
    for (int px = 0; px < (joined_ ? 1 : pool_size_); ++px) parts_.push_back(part(layer, precision, py, px));
  }
}

// Output X = p q + px sums w[j] in[q + (px + margin - j) / p] over all j for which the division is exact.
Decoder::Part Decoder::part(const Layer& layer, Precision precision, int py, int px) const {
  const int p = layer.pool_size;
  const int k = layer.decode_kernel;
  const int margin = (k - p) / 2;
  const auto taps = [&](int phase) {
    std::vector<int> all;
    for (int j = (phase + margin) % p; j < k; j += p) all.push_back(j);
    return all;
  };
  const std::vector<int> rows = taps(py);
  const std::vector<int> columns = taps(px);
  const int each = static_cast<int>(rows.size() * columns.size());
  const int group = joined_ ? p : 1;
  const auto weight = [&](int n, int tap) {
    const int c = tap / each;
    const int i = rows[z(tap % each) / columns.size()];
    const int j = joined_ ? n % group : columns[z(tap % each) % columns.size()];
    return layer.decode_weight[((z(c) * z(layer.lower) + z(n / group)) * z(k) + z(i)) * z(k) + z(j)];
  };
  const auto bias = [&](int n) { return layer.decode_bias[z(n / group)]; };
  Part part{{}, {}, Weights(layer.lower * group, layer.upper * each, group, weight, bias, precision)};
  for (const int i : rows) {
    for (const int j : columns) {
      part.from_y.push_back((py + margin - i) / p);
      part.from_x.push_back(joined_ ? 0 : (px + margin - j) / p);
    }
  }
  return part;
}

size_t Decoder::bytes() const {
  size_t sum = 0;
  for (const Part& p : parts_) sum += p.weights.bytes();
  return sum;
}

void Decoder::rows(const Grid& in, Activation activation, Put put, int first, int count, Grid& out) const {
  const int p = pool_size_;
  if (joined_) return joined_rows(in, activation, put, first / p, count / p, out);
  apart_rows(in, activation, put, first / p, count / p, out);
}

// The output for rows first .. first + count - 1 of `in`: a group of samples, copied together, makes p rows
// each.
void Decoder::joined_rows(const Grid& in, Activation activation, Put put, int first, int count,
                          Grid& out) const {
  const int p = pool_size_;
  const int width = in.width();
  float* panel = scratch(0).get(z(upper_) * kGroup + kSlack);
  float* sums = scratch(1).get(z(parts_[0].weights.out_planes()) * kGroup + kSlack);
  std::vector<ptrdiff_t> offset;
  offset.reserve(z(upper_));
  for (int c = 0; c < upper_; ++c) offset.push_back(c * kGroup);
  for (int begin = 0; begin < count * width; begin += kGroup) {
    const int samples = std::min(kGroup, count * width - begin);
    const std::vector<Run> group = runs(width, begin, samples);
    for (int c = 0; c < upper_; ++c) {
      for (const Run& r : group) {
        const float* from = in.row(c, first + r.row) + r.column;
        float* to = panel + c * kGroup + r.at;  // the next run, or row, overwrites any excess
        for (int i = 0; i < r.count; i += kSlack) std::memcpy(to + i, from + i, kSlack * sizeof(float));
      }
    }
    const ProductPlace place{panel, 0, sums, 0, kGroup, 1, samples};
    const Taps taps = gather(parts_[0].weights, offset.data(), place);
    for (int py = 0; py < p; ++py) {
      const Weights& weights = parts_[z(py)].weights;
      for (const Weights::Block& b : weights.blocks) {
        multiply(weights, b, taps, place);
        activate(activation, sums, b.count * kGroup);
        for (int o = 0; o < b.count / p; ++o) {
          for (const Run& r : group) {
            float* to = out.row(b.first / p + o, (first + r.row) * p + py) + r.column * p;
            interleave(p, sums + o * p * kGroup + r.at, kGroup, r.count, put, to);
          }
        }
      }
    }
  }
}

// The same, with a separate product for each remainder of x.
void Decoder::apart_rows(const Grid& in, Activation activation, Put put, int first, int count,
                         Grid& out) const {
  const int p = pool_size_;
  const int at_once = cpu::rows_at_once(in.width());
  const int pitch = whole_vectors(in.width());
  const int plane = pitch * at_once;
  float* sums = scratch(0).get(z(plane) * z(parts_[0].weights.out_planes()) * z(p));
  std::vector<ptrdiff_t> offset;
  for (int py = 0; py < p; ++py) {
    for (int y = first; y < first + count; y += at_once) {
      const int n = std::min(at_once, first + count - y);
      for (const Weights::Block& b : parts_[z(py * p)].weights.blocks) {
        for (int px = 0; px < p; ++px) {
          const Part& part = parts_[z(py * p + px)];
          offset.clear();
          for (int c = 0; c < upper_; ++c) {
            for (size_t t = 0; t < part.from_y.size(); ++t)
              offset.push_back(c * in.plane_pitch() + part.from_y[t] * in.pitch() + part.from_x[t]);
          }
          const ProductPlace place{in.row(0, y), in.pitch(), sums + px * plane, pitch,
                                   plane * p,    n,          in.width()};
          multiply(part.weights, b, gather(part.weights, offset.data(), place), place);
        }
        // now the rows of remainder 0, 1, .. of the block's first output, then of the next
        for (int i = 0; i < b.count * p; ++i) activate(activation, sums + i * plane, pitch * n);
        for (int i = 0; i < b.count * n; ++i) {
          float* to = out.row(b.first + i / n, (y + i % n) * p + py);
          interleave(p, sums + i / n * p * plane + i % n * pitch, plane, in.width(), put, to);
        }
      }
    }
  }
}

}  // namespace reverie::cpu
