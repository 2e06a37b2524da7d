// 3x3 convolution with few products.
#pragma once

#include <vector>

#include "feedback/hourglass.h"
#include "feedback/kernels/cpu/grid.h"
#include "feedback/kernels/cpu/product.h"
#include "feedback/kernels/cpu/runs.h"

namespace reverie::cpu {

// Lavin and Gray 2016, "Fast Algorithms for Convolutional Neural Networks", F(4x4, 3x3): 4 x 4 samples of the
// result from 6 x 6 of the input with 36 multiplications instead of 144.
class Winograd {
 public:
  // layer.encode_kernel is 3, layer.pool_size divides 4.
  explicit Winograd(const Layer& layer);

  // Whether it is faster than the plain product: the transforms must be shared by enough channels.
  static bool pays(const Layer& layer);

  // Rows of tiles (of 4 rows each) that are best processed together: they fill the registers.
  static int tile_rows(int width);

  size_t bytes() const { return weights_.bytes(); }

  // The rows of scale * pool(act(conv(in))) that rows first .. first + rows - 1 of tiles produce, without
  // rim.
  void encode(const Grid& in, int first, int rows, Pool pool, Activation activation, float scale,
              Grid& out) const;

 private:
  // Prefetches rows y .. y + rows - 1 of `in` and their neighbours, for the block's share of the channels.
  void fetch_next(const Grid& in, int y, int rows, const Weights::Block& block) const;
  void transform_in(const Grid& in, int first, const std::vector<Run>& group, float* points) const;

  Weights weights_;  // [upper, 36 points x lower]
  int lower_, pool_size_;
};

}  // namespace reverie::cpu
