// Ops of a graph in plain loops and float64, for tests.
#pragma once

#include <algorithm>
#include <cmath>
#include <functional>
#include <limits>
#include <vector>

#include "models/graph/graph.h"
#include "models/torch.h"

namespace reverie::reference {

// [N, C, H, W]
struct Array {
  std::vector<int64_t> shape;
  std::vector<double> values;

  explicit Array(std::vector<int64_t> s)
      : shape(std::move(s)), values(static_cast<size_t>(shape[0] * shape[1] * shape[2] * shape[3])) {}
  double& at(int64_t n, int64_t c, int64_t y, int64_t x) {
    return values[static_cast<size_t>(((n * shape[1] + c) * shape[2] + y) * shape[3] + x)];
  }
  double at(int64_t n, int64_t c, int64_t y, int64_t x) const {
    return const_cast<Array*>(this)->at(n, c, y, x);
  }
  bool has(int64_t y, int64_t x) const { return y >= 0 && x >= 0 && y < shape[2] && x < shape[3]; }
};

// A tensor of up to four axes; those that are missing are 1.
inline Array from_torch(const torch::Tensor& t) {
  std::vector<int64_t> shape = t.sizes().vec();
  shape.resize(4, 1);
  Array a(shape);
  const torch::Tensor flat = t.detach().to(torch::kFloat64).contiguous();
  std::copy_n(flat.data_ptr<double>(), a.values.size(), a.values.begin());
  return a;
}

using EachPlace = std::function<double(int64_t n, int64_t c, int64_t y, int64_t x)>;

inline Array filled(std::vector<int64_t> shape, const EachPlace& value) {
  Array out(std::move(shape));
  for (int64_t n = 0; n < out.shape[0]; ++n)
    for (int64_t c = 0; c < out.shape[1]; ++c)
      for (int64_t y = 0; y < out.shape[2]; ++y)
        for (int64_t x = 0; x < out.shape[3]; ++x) out.at(n, c, y, x) = value(n, c, y, x);
  return out;
}

inline Array convolve(const Array& in, const Array& w, const Array& bias, const ConvolutionOp& op) {
  const auto side = [](int64_t in_side, int64_t k, int64_t s, int64_t d, int64_t pad) {
    return (in_side + pad - (d * (k - 1) + 1)) / s + 1;
  };
  const int64_t height = side(in.shape[2], w.shape[2], op.stride.height, op.dilation.height,
                              op.pad_before.height + op.pad_after.height);
  const int64_t width = side(in.shape[3], w.shape[3], op.stride.width, op.dilation.width,
                             op.pad_before.width + op.pad_after.width);
  const int64_t each = w.shape[0] / op.group;
  return filled({in.shape[0], w.shape[0], height, width}, [&](int64_t n, int64_t o, int64_t y, int64_t x) {
    double sum = bias.values[static_cast<size_t>(o)];
    for (int64_t i = 0; i < w.shape[1]; ++i)
      for (int64_t v = 0; v < w.shape[2]; ++v)
        for (int64_t u = 0; u < w.shape[3]; ++u) {
          const int64_t from_y = y * op.stride.height + v * op.dilation.height - op.pad_before.height;
          const int64_t from_x = x * op.stride.width + u * op.dilation.width - op.pad_before.width;
          if (in.has(from_y, from_x))
            sum += w.at(o, i, v, u) * in.at(n, o / each * w.shape[1] + i, from_y, from_x);
        }
    return sum;
  });
}

inline Array deconvolve(const Array& in, const Array& w, const Array& bias, const DeconvolutionOp& op) {
  const auto side = [](int64_t in_side, int64_t k, int64_t s, int64_t d, int64_t pad) {
    return (in_side - 1) * s + d * (k - 1) + 1 - 2 * pad;
  };
  const int64_t outputs = w.shape[1] * op.group;
  const int64_t each = in.shape[1] / op.group;
  Array out =
      filled({in.shape[0], outputs,
              side(in.shape[2], w.shape[2], op.stride.height, op.dilation.height, op.pad.height),
              side(in.shape[3], w.shape[3], op.stride.width, op.dilation.width, op.pad.width)},
             [&](int64_t, int64_t o, int64_t, int64_t) { return bias.values[static_cast<size_t>(o)]; });
  filled(in.shape, [&](int64_t n, int64_t i, int64_t y, int64_t x) {
    for (int64_t o = 0; o < w.shape[1]; ++o)
      for (int64_t v = 0; v < w.shape[2]; ++v)
        for (int64_t u = 0; u < w.shape[3]; ++u) {
          const int64_t to_y = y * op.stride.height + v * op.dilation.height - op.pad.height;
          const int64_t to_x = x * op.stride.width + u * op.dilation.width - op.pad.width;
          if (out.has(to_y, to_x))
            out.at(n, i / each * w.shape[1] + o, to_y, to_x) += w.at(i, o, v, u) * in.at(n, i, y, x);
        }
    return 0.0;
  });
  return out;
}

// As Caffe 1.0's PoolingLayer does it.
inline Array pool(const Array& in, const PoolOp& op) {
  const auto side = [&](int64_t in_side, int64_t k, int64_t s, int64_t p) {
    const double steps = static_cast<double>(in_side + 2 * p - k) / static_cast<double>(s);
    int64_t out = static_cast<int64_t>(op.round_up ? std::ceil(steps) : std::floor(steps)) + 1;
    if (p > 0 && (out - 1) * s >= in_side + p) --out;
    return out;
  };
  const int64_t height = side(in.shape[2], op.kernel.height, op.stride.height, op.pad.height);
  const int64_t width = side(in.shape[3], op.kernel.width, op.stride.width, op.pad.width);
  return filled({in.shape[0], in.shape[1], height, width}, [&](int64_t n, int64_t c, int64_t y, int64_t x) {
    const int64_t top = y * op.stride.height - op.pad.height;
    const int64_t left = x * op.stride.width - op.pad.width;
    const int64_t bottom = std::min(top + op.kernel.height, in.shape[2] + op.pad.height);
    const int64_t right = std::min(left + op.kernel.width, in.shape[3] + op.pad.width);
    double sum = 0;
    double most = -std::numeric_limits<double>::max();
    for (int64_t v = top; v < bottom; ++v)
      for (int64_t u = left; u < right; ++u) {
        if (!in.has(v, u)) continue;
        sum += in.at(n, c, v, u);
        most = std::max(most, in.at(n, c, v, u));
      }
    const auto count = static_cast<double>((bottom - top) * (right - left));
    return op.method == PoolOp::Method::kMax ? most : sum / count;
  });
}

inline Array normalise(const Array& in, const NormaliseOp& op) {
  const int64_t side = op.size / 2;
  return filled(in.shape, [&](int64_t n, int64_t c, int64_t y, int64_t x) {
    double sum = 0;
    auto count = static_cast<double>(op.size);
    for (int64_t v = -side; v <= side; ++v) {
      if (!op.within_channel) {
        if (c + v >= 0 && c + v < in.shape[1]) sum += std::pow(in.at(n, c + v, y, x), 2);
        continue;
      }
      count = static_cast<double>(op.size * op.size);
      for (int64_t u = -side; u <= side; ++u)
        if (in.has(y + v, x + u)) sum += std::pow(in.at(n, c, y + v, x + u), 2);
    }
    return in.at(n, c, y, x) / std::pow(op.k + op.alpha / count * sum, op.beta);
  });
}

}  // namespace reverie::reference
