#include "feedback/kernels/cpu/layer.h"

#include <algorithm>

#include "feedback/kernels/cpu/rows.h"
#include "feedback/kernels/cpu/scratch.h"

namespace reverie::cpu {
namespace {

constexpr int kEnoughSamples = 256;  // of a product's place: fewer do not fill the register tiles
constexpr int kBlocksAtOnce = 16;    // of a piece of Winograd: fewer serve more threads, but each piece
                                     // transforms the input anew

size_t z(int i) {
  return static_cast<size_t>(i);
}

int whole_vectors(int width) {
  return (width + kSlack - 1) / kSlack * kSlack;
}

// Rows that are worked on at once: two fill the tiles better than one, more would fall out of the cache.
int rows_at_once(int width) {
  return std::clamp(kEnoughSamples / width, 1, 4);
}

Weights encode_weights(const Layer& layer) {
  const int taps = layer.encode_kernel * layer.encode_kernel;
  const int all = layer.lower * taps;
  return Weights(
      layer.upper, all, 1, [&](int o, int k) { return layer.encode_weight[z(o) * z(all) + z(k)]; },
      [&](int o) { return layer.encode_bias[z(o)]; });
}

}  // namespace

Encoder::Encoder(const Layer& layer)
    : kernel_(layer.encode_kernel), pool_size_(layer.pool_size), lower_(layer.lower) {
  if (Winograd::pays(layer)) {
    winograd_.emplace(layer);
  } else {
    weights_.emplace(encode_weights(layer));
  }
}

void Encoder::add_pieces(const Grid& in, Pool pool_kind, Activation activation, Border border, Grid& out,
                         Pieces& pieces) const {
  // after relu the largest magnitude is the largest value
  if (pool_kind == Pool::kMaxMagnitude && activation == Activation::kRelu) pool_kind = Pool::kMax;
  const After after{pool_kind, activation, border};
  if (!winograd_) {
    in_bands(out.height(), pieces,
             [this, &in, &out, after](int y, int n) { plain_rows(in, after, y, n, out); });
    return;
  }
  const int at_once = Winograd::tile_rows(in.width());
  const int parts = std::max(1, winograd_->blocks() / kBlocksAtOnce);
  for (int row = 0; 4 * row < in.height(); row += at_once) {
    const int rows = std::min(at_once, (in.height() + 3) / 4 - row);
    for (int part = 0; part < parts; ++part) {
      const int first = winograd_->blocks() * part / parts;
      const int blocks = winograd_->blocks() * (part + 1) / parts - first;
      pieces.emplace_back([=, this, &in, &out] {
        winograd_->convolve(in, row, rows, first, blocks, [&](int o, const float* sums, ptrdiff_t pitch) {
          const int first_row = 4 * row / pool_size_;
          const int last_row = std::min(4 * (row + rows) / pool_size_, out.height());
          for (int y = first_row; y < last_row; ++y)
            finish_row(sums + (y * pool_size_ - 4 * row) * pitch, pitch, after, o, y, out);
        });
      });
    }
  }
}

// Row y of output o from the rows of sums that it pools.
void Encoder::finish_row(const float* sums, ptrdiff_t pitch, After after, int o, int y, Grid& out) const {
  float* to = out.row(o, y);
  // The activation rises everywhere and tanh is odd: all but the mean may pool first, and have it computed of
  // a p x p-th of the samples.
  if (after.pool == Pool::kMean) {
    float* active = scratch(0).get(z(pool_size_) * static_cast<size_t>(pitch) + kSlack);
    std::copy(sums, sums + pool_size_ * pitch, active);
    activate(after.activation, active, static_cast<int>(pool_size_ * pitch));
    pool(after.pool, pool_size_, active, pitch, out.width(), to);
  } else {
    pool(after.pool, pool_size_, sums, pitch, out.width(), to);
    activate(after.activation, to, out.width());
  }
  out.finish_row(o, y, after.border);
}

void Encoder::plain_rows(const Grid& in, After after, int first, int count, Grid& out) const {
  std::vector<ptrdiff_t> offset;
  for (int c = 0; c < lower_; ++c) {
    for (int i = 0; i < kernel_; ++i) {
      for (int j = 0; j < kernel_; ++j)
        offset.push_back(c * in.plane_pitch() + (i - kernel_ / 2) * in.pitch() + j - kernel_ / 2);
    }
  }
  const int at_once = rows_at_once(in.width());
  const int pitch = whole_vectors(in.width()) + pool_size_ * kSlack;
  const int plane = pitch * at_once * pool_size_;
  float* sums = scratch(1).get(z(plane) * kMostBlock);
  for (int y = first; y < first + count; y += at_once) {
    const int n = std::min(at_once, first + count - y);
    for (const Weights::Block& b : weights_->blocks) {
      multiply(*weights_, b, offset.data(),
               {in.row(0, y * pool_size_), in.pitch(), sums, pitch, plane, n * pool_size_, in.width()});
      for (int o = 0; o < b.count; ++o) {
        for (int r = 0; r < n; ++r)
          finish_row(sums + o * plane + r * pool_size_ * pitch, pitch, after, b.first + o, y + r, out);
      }
    }
  }
}

int Decoder::rim(const Layer& layer) {
  const int margin = (layer.decode_kernel - layer.pool_size) / 2;
  return (margin + layer.pool_size - 1) / layer.pool_size;
}

Decoder::Decoder(const Layer& layer)
    : pool_size_(layer.pool_size),
      upper_(layer.upper),
      joined_(layer.decode_kernel == layer.pool_size && layer.pool_size <= kMostBlock) {
  for (int py = 0; py < pool_size_; ++py) {
    for (int px = 0; px < (joined_ ? 1 : pool_size_); ++px) parts_.push_back(part(layer, py, px));
  }
}

// Output X = p q + px sums w[j] in[q + (px + margin - j) / p] over all j for which the division is exact.
Decoder::Part Decoder::part(const Layer& layer, int py, int px) const {
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
  Part part{{}, {}, Weights(layer.lower * group, layer.upper * each, group, weight, [&](int n) {
              return layer.decode_bias[z(n / group)];
            })};
  for (const int i : rows) {
    for (const int j : columns) {
      part.from_y.push_back((py + margin - i) / p);
      part.from_x.push_back(joined_ ? 0 : (px + margin - j) / p);
    }
  }
  return part;
}

void Decoder::add_pieces(const Grid& in, Activation activation, Border border, Grid& out,
                         Pieces& pieces) const {
  in_bands(in.height(), pieces,
           [=, this, &in, &out](int y, int n) { rows(in, activation, border, y, n, out); });
}

void Decoder::rows(const Grid& in, Activation activation, Border border, int first, int count,
                   Grid& out) const {
  const int p = pool_size_;
  const int per_row = joined_ ? 1 : p;  // parts
  const int group = joined_ ? p : 1;
  const int at_once = rows_at_once(in.width());
  const int pitch = whole_vectors(in.width());
  const int plane = pitch * at_once;
  float* sums = scratch(0).get(z(plane) * z(kMostBlock) * z(p));
  std::vector<ptrdiff_t> offset;
  for (size_t at = 0; at < parts_.size(); at += z(per_row)) {
    const int py = static_cast<int>(at) / per_row;
    for (int y = first; y < first + count; y += at_once) {
      const int n = std::min(at_once, first + count - y);
      for (const Weights::Block& b : parts_[at].weights.blocks) {
        const int outputs = b.count / group;
        for (int px = 0; px < per_row; ++px) {
          const Part& part = parts_[at + z(px)];
          offset.clear();
          for (int c = 0; c < upper_; ++c) {
            for (size_t t = 0; t < part.from_y.size(); ++t)
              offset.push_back(c * in.plane_pitch() + part.from_y[t] * in.pitch() + part.from_x[t]);
          }
          multiply(part.weights, b, offset.data(),
                   {in.row(0, y), in.pitch(), sums + px * plane, pitch, plane * per_row, n, in.width()});
        }
        // now the rows of remainder 0, 1, .. of the block's first output, then of the next
        for (int i = 0; i < outputs * p; ++i) activate(activation, sums + i * plane, pitch * n);
        for (int o = 0; o < outputs; ++o) {
          for (int r = 0; r < n; ++r) {
            const int c = b.first / group + o;
            const int to = (y + r) * p + py;
            interleave(p, sums + o * p * plane + r * pitch, plane, in.width(), out.row(c, to));
            out.finish_row(c, to, border);
          }
        }
      }
    }
  }
}

}  // namespace reverie::cpu
