#include "feedback/kernels/reference/operators.h"

#include <algorithm>
#include <cmath>
#include <numbers>

#include "feedback/warp.h"

namespace reverie::reference {
namespace {

size_t z(int i) {
  return static_cast<size_t>(i);
}

float activate(Activation a, float v) {
  return a == Activation::kTanh ? std::tanh(v) : std::max(v, 0.0F);
}

int bordered(int i, int n, Border border) {
  if (i >= 0 && i < n) return i;
  if (border == Border::kWrap) return ((i % n) + n) % n;
  return border == Border::kClamp ? std::clamp(i, 0, n - 1) : -1;
}

// One row of conv(padded; w, b) for output channel o, with all channels and taps in a fixed order.
void convolve_row(const Planes& padded, const Layer& layer, int o, int y, float* out, int width) {
  const int k = layer.encode_kernel;
  std::fill(out, out + width, layer.encode_bias[z(o)]);
  const float* w = layer.encode_weight.data() + z(o) * z(layer.lower) * z(k) * z(k);
  for (int c = 0; c < layer.lower; ++c) {
    for (int i = 0; i < k; ++i) {
      const float* from = padded.row(c, y + i);
      for (int j = 0; j < k; ++j) {
        const float weight = *w++;
        for (int x = 0; x < width; ++x) out[x] += weight * from[x + j];
      }
    }
  }
}

// Reduces a block of p x p samples to one; the first in row-major order wins a tie.
float pool_block(const float* rows, int width, int p, int x, Pool how) {
  float best = rows[x * p];
  if (how == Pool::kStride) return best;
  float sum = 0;
  for (int i = 0; i < p; ++i) {
    for (int j = 0; j < p; ++j) {
      const float v = rows[i * width + x * p + j];
      sum += v;
      if (how == Pool::kMaxMagnitude ? std::abs(v) > std::abs(best) : v > best) best = v;
    }
  }
  return how == Pool::kMean ? sum / static_cast<float>(p * p) : best;
}

// What a stride-p transposed convolution adds to the output samples X = p * q + phase of one row.
struct DecodeRow {
  const Planes& padded;
  const Layer& layer;
  int crop;  // output samples before the first that is kept

  void add(int o, int input_y, int kernel_y, int phase, float* out, int count) const {
    const int p = layer.pool_size;
    const int k = layer.decode_kernel;
    for (int c = 0; c < layer.upper; ++c) {
      const float* from = padded.row(c, input_y);
      const float* w =
          layer.decode_weight.data() + ((z(c) * z(layer.lower) + z(o)) * z(k) + z(kernel_y)) * z(k);
      for (int j = (phase + crop) % p; j < k; j += p) {
        const float weight = w[j];
        const int first = (phase + crop - j) / p;
        for (int q = 0; q < count; ++q) out[q] += weight * from[q + first];
      }
    }
  }
};

// Turns the colours (a, b, c) about the grey axis (1, 1, 1): Rodrigues' rotation.
void turn_hue(float& a, float& b, float& c, float degrees) {
  const float angle = degrees * std::numbers::pi_v<float> / 180;
  const float cosine = std::cos(angle);
  const float sine = std::sin(angle) / std::numbers::sqrt3_v<float>;
  const float mean = (a + b + c) / 3;
  const float a1 = mean + cosine * (a - mean) + sine * (c - b);
  const float b1 = mean + cosine * (b - mean) + sine * (a - c);
  c = mean + cosine * (c - mean) + sine * (b - a);
  a = a1;
  b = b1;
}

}  // namespace

Planes extend(const Planes& in, int n, Border border) {
  Planes out(in.channels(), in.height() + 2 * n, in.width() + 2 * n);
  for (int c = 0; c < in.channels(); ++c) {
    for (int y = 0; y < out.height(); ++y) {
      const int from_y = bordered(y - n, in.height(), border);
      if (from_y < 0) continue;
      const float* from = in.row(c, from_y);
      float* to = out.row(c, y);
      std::copy(from, from + in.width(), to + n);
      for (int x = 0; x < n; ++x) {
        const int left = bordered(x - n, in.width(), border);
        const int right = bordered(in.width() + x, in.width(), border);
        if (left >= 0) to[x] = from[left];
        if (right >= 0) to[n + in.width() + x] = from[right];
      }
    }
  }
  return out;
}

Planes encode(const Planes& in, const Layer& layer, Pool pool, Activation activation, Border border,
              Threads& threads) {
  const int p = layer.pool_size;
  const int width = in.width();
  const Planes padded = extend(in, layer.encode_kernel / 2, border);
  Planes out(layer.upper, in.height() / p, width / p);
  threads.each(out.height(), [&](int y) {
    std::vector<float> rows(z(p) * z(width));
    for (int o = 0; o < layer.upper; ++o) {
      for (int i = 0; i < p; ++i) {
        float* row = rows.data() + z(i) * z(width);
        convolve_row(padded, layer, o, y * p + i, row, width);
        for (int x = 0; x < width; ++x) row[x] = activate(activation, row[x]);
      }
      float* to = out.row(o, y);
      for (int x = 0; x < out.width(); ++x) to[x] = pool_block(rows.data(), width, p, x, pool);
    }
  });
  return out;
}

Planes decode(const Planes& in, const Layer& layer, Activation activation, Border border, Threads& threads) {
  const int p = layer.pool_size;
  const int margin = (layer.decode_kernel - p) / 2;
  const int n = (margin + p - 1) / p + (margin > 0 ? 1 : 0);  // input samples that reach over the edge
  const int crop = margin + n * p;
  const Planes padded = extend(in, n, border);
  const DecodeRow row{padded, layer, crop};
  Planes out(layer.lower, in.height() * p, in.width() * p);
  threads.each(out.height(), [&](int y) {
    std::vector<float> sums(z(in.width()));
    for (int o = 0; o < layer.lower; ++o) {
      for (int phase = 0; phase < p; ++phase) {
        std::fill(sums.begin(), sums.end(), layer.decode_bias[z(o)]);
        for (int i = (y + crop) % p; i < layer.decode_kernel; i += p)
          row.add(o, (y + crop - i) / p, i, phase, sums.data(), in.width());
        float* to = out.row(o, y);
        for (int q = 0; q < in.width(); ++q) to[q * p + phase] = activate(activation, sums[z(q)]);
      }
    }
  });
  return out;
}

Planes move_and_colour(const Planes& in, const Transition& transition, int level, int shrink,
                       Threads& threads) {
  const LevelTransition& t = transition.level[z(level)];
  const Sampler sampler(in.height(), in.width(), transition.border, transition.sampling);
  const int width = in.width();
  Planes out(in.channels(), in.height(), width);
  threads.each(in.height(), [&](int y) {
    std::vector<float> source_x(z(width));
    std::vector<float> source_y(z(width));
    if (t.moves())
      warp_row(transition, level, in.height(), width, shrink, y, source_x.data(), source_y.data());
    for (int c = 0; c < in.channels(); ++c) {
      const int from = (c + t.permute) % in.channels();
      if (t.moves()) {
        sampler.row(in.plane(from), source_x.data(), source_y.data(), out.row(c, y));
      } else {
        std::copy(in.row(from, y), in.row(from, y) + width, out.row(c, y));
      }
    }
    if (t.hue.is(0)) return;
    for (int c = 0; c + 2 < in.channels(); c += 3) {
      for (int x = 0; x < width; ++x)
        turn_hue(out.at(c, y, x), out.at(c + 1, y, x), out.at(c + 2, y, x), t.hue.at(y, x));
    }
  });
  return out;
}

void blur_row(const Planes& in, int c, int y, Border border, const float* sblur, float* out) {
  const int width = in.width();
  const float* row = in.row(c, y);
  const int above = bordered(y - 1, in.height(), border);
  const int below = bordered(y + 1, in.height(), border);
  const int before = bordered(-1, width, border);
  const int after = bordered(width, width, border);
  for (int x = 0; x < width; ++x) {
    const float up = above < 0 ? 0 : in.at(c, above, x);
    const float down = below < 0 ? 0 : in.at(c, below, x);
    const int l = x > 0 ? x - 1 : before;
    const int r = x + 1 < width ? x + 1 : after;
    const float left = l < 0 ? 0 : row[l];
    const float right = r < 0 ? 0 : row[r];
    const float blurred = (4 * row[x] + left + right + up + down) / 8;
    out[x] = row[x] + sblur[x] * (blurred - row[x]);
  }
}

float squash(Squash how, float u) {
  switch (how) {
    case Squash::kTanh:
      return std::tanh(u);
    case Squash::kSin:
      return std::sin(u);
    case Squash::kWrap:  // into -1..1, like the hours of a clock
      return u - 2 * std::floor((u + 1) / 2);
    case Squash::kFold: {  // reflected at -1 and 1
      const float v = u + 1 - 4 * std::floor((u + 1) / 4);
      return v < 2 ? v - 1 : 3 - v;
    }
    case Squash::kClip:
      return std::clamp(u, -1.0F, 1.0F);
    case Squash::kRational:
      return u / (u * u + 0.25F);
  }
  return 0;
}

}  // namespace reverie::reference
