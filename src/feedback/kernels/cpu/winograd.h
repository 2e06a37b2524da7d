// 3x3 convolution with few products.
#pragma once

#include <functional>
#include <vector>

#include "feedback/hourglass.h"
#include "feedback/kernels/cpu/grid.h"
#include "feedback/kernels/cpu/product.h"

namespace reverie::cpu {

// Lavin and Gray 2016, "Fast Algorithms for Convolutional Neural Networks", F(4x4, 3x3): 4 x 4 samples of the
// result from 6 x 6 of the input with 36 products instead of 144.
class Winograd {
 public:
  // layer.encode_kernel is 3.
  explicit Winograd(const Layer& layer);

  // Whether it is faster than the plain product: the transforms must be shared by enough channels.
  static bool pays(const Layer& layer);

  // Rows of tiles (of 4 rows each) that are worked on at once, so that the tiles fill the registers.
  static int tile_rows(int width);

  // Calls take(output, sums, pitch) with the sums (and bias) of each output of some blocks of outputs:
  // 4 * rows rows from row 4 * first on; `pitch` between two of them.
  using Take = std::function<void(int output, const float* sums, ptrdiff_t pitch)>;
  void convolve(const Grid& in, int first, int rows, int first_block, int block_count,
                const Take& take) const;

  int blocks() const { return static_cast<int>(weights_.front().blocks.size()); }

 private:
  std::vector<Weights> weights_;  // of each of the 6 x 6 points: [upper, lower]
  std::vector<float> bias_;       // [upper]
  int lower_;
};

}  // namespace reverie::cpu
