// The connection of two levels, in both directions, as products.
#pragma once

#include <optional>
#include <vector>

#include "feedback/hourglass.h"
#include "feedback/kernels/cpu/grid.h"
#include "feedback/kernels/cpu/product.h"
#include "feedback/kernels/cpu/rows.h"
#include "feedback/kernels/cpu/winograd.h"

namespace reverie::cpu {

// pool(act(conv(in; We, be))): [lower, H * p, W * p] -> [upper, H, W]
class Encoder {
 public:
  Encoder(const Layer& layer, Precision precision);

  // Rim needed around the input.
  static int rim(const Layer& layer) { return layer.encode_kernel / 2; }

  size_t bytes() const { return winograd_ ? winograd_->bytes() : weights_->bytes(); }  // of its weights

  // Rows of the result that are computed together; width: of the input.
  int rows_at_once(int width) const;

  // Rows first .. first + count - 1 of scale * the result, without rim. first and, except for the last rows,
  // count are multiples of rows_at_once().
  void rows(const Grid& in, Pool pool, Activation activation, float scale, int first, int count,
            Grid& out) const;

 private:
  void plain_rows(const Grid& in, Pool pool, Activation activation, float scale, int first, int count,
                  Grid& out) const;

  int kernel_, pool_size_, lower_;
  std::optional<Weights> weights_;    // one of
  std::optional<Winograd> winograd_;  // the two
};

// act(convT(in; Wd, bd)), stride p: [upper, H, W] -> [lower, H * p, W * p].  The trick: output samples with
// the same remainders (y % p, x % p) form an ordinary convolution, so nothing is multiplied by zero; if the
// kernel is as large as the stride, all remainders of x share their inputs and form one product.
class Decoder {
 public:
  Decoder(const Layer& layer, Precision precision);

  static int rim(const Layer& layer);

  size_t bytes() const;  // of its weights

  // Rows of the result that are computed together.
  int rows_at_once() const { return pool_size_; }

  // Rows first .. first + count - 1 of the result, without rim, stored as specified by `put`; both are
  // multiples of rows_at_once().
  void rows(const Grid& in, Activation activation, Put put, int first, int count, Grid& out) const;

 private:
  struct Part {  // the outputs of one remainder of y, and of one remainder of x unless joined
    std::vector<int> from_y, from_x;  // of each tap, in samples of the input
    Weights weights;
  };
  Part part(const Layer& layer, Precision precision, int py, int px) const;
  void joined_rows(const Grid& in, Activation activation, Put put, int first, int count, Grid& out) const;
  void apart_rows(const Grid& in, Activation activation, Put put, int first, int count, Grid& out) const;

  int pool_size_, upper_;
  bool joined_;
  std::vector<Part> parts_;  // [py], or [py][px]
};

}  // namespace reverie::cpu
