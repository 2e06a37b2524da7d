// The way between two levels, both directions, as products.
#pragma once

#include <optional>
#include <vector>

#include "feedback/hourglass.h"
#include "feedback/kernels/cpu/grid.h"
#include "feedback/kernels/cpu/pieces.h"
#include "feedback/kernels/cpu/product.h"
#include "feedback/kernels/cpu/winograd.h"

namespace reverie::cpu {

// pool(act(conv(in; We, be))): [lower, H * p, W * p] -> [upper, H, W]
class Encoder {
 public:
  explicit Encoder(const Layer& layer);

  // Rim that the input needs.
  static int rim(const Layer& layer) { return layer.encode_kernel / 2; }

  // What makes all of `out`, with its rim.
  void add_pieces(const Grid& in, Pool pool, Activation activation, Border border, Grid& out,
                  Pieces& pieces) const;

 private:
  struct After {  // what follows the convolution
    Pool pool;
    Activation activation;
    Border border;
  };
  void plain_rows(const Grid& in, After after, int first, int count, Grid& out) const;
  void finish_row(const float* sums, ptrdiff_t pitch, After after, int o, int y, Grid& out) const;

  int kernel_, pool_size_, lower_;
  std::optional<Weights> weights_;    // one of
  std::optional<Winograd> winograd_;  // the two
};

// act(convT(in; Wd, bd)), stride p: [upper, H, W] -> [lower, H * p, W * p].  The trick: an output sample with
// remainders (y % p, x % p) is an ordinary convolution of its own, so nothing is multiplied by zero; where
// the kernel is as large as the stride, all remainders of x share their inputs and make one product.
class Decoder {
 public:
  explicit Decoder(const Layer& layer);

  static int rim(const Layer& layer);

  // What makes all of `out`, with its rim.
  void add_pieces(const Grid& in, Activation activation, Border border, Grid& out, Pieces& pieces) const;

 private:
  // What rows first .. first + count - 1 of `in` become.
  void rows(const Grid& in, Activation activation, Border border, int first, int count, Grid& out) const;

  struct Part {  // the outputs of one remainder of y, and of one remainder of x where not joined
    std::vector<int> from_y, from_x;  // of each tap, in samples of the input
    Weights weights;
  };
  Part part(const Layer& layer, int py, int px) const;

  int pool_size_, upper_;
  bool joined_;
  std::vector<Part> parts_;  // [py], or [py][px]
};

}  // namespace reverie::cpu
