// Row operations on the sums of a convolution: activation, pooling, and the opposite of pooling.  All rows
// may be read up to a whole vector beyond their end, and also written unless stated otherwise.
#pragma once

#include <cstddef>

#include "feedback/parameters.h"

namespace reverie::cpu {

// row[x] = act(row[x]), x < width
void activate(Activation activation, float* row, int width);

// out[x] = pool of the p x p samples at rows[i][x * p + j], x < width; `pitch` between the p rows.  Among
// equal magnitudes the first in row-major order wins.
void pool(Pool how, int p, const float* rows, ptrdiff_t pitch, int width, float* out);

// How a result is stored: scale * v, or added to what is there.
struct Put {
  float scale = 1;
  bool add = false;
};

// out[x * p + j] = rows[j][x], stored as specified by `put`, x < width; `pitch` between the p rows.  Nothing
// beyond is written.
void interleave(int p, const float* rows, ptrdiff_t pitch, int width, Put put, float* out);

}  // namespace reverie::cpu
