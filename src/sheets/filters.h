// Sheets of filters: 0 is mid grey, with one scale for all filters of a layer.
#pragma once

#include <span>
#include <string_view>

#include "core/planes.h"

namespace reverie {

// Weights in C order, [out, in, height, width].
struct FilterBank {
  std::span<const float> weights;
  int out = 0, in = 0, height = 0, width = 0;
};

// With three input channels, one colour tile per filter.  Otherwise a table of grey tiles: a column per
// filter (out), a row per input channel, both numbered from 1, split into blocks if there are many; at most
// 512 filters and 256 rows.  A caption gives the scale, which covers 99 % of the weights; the others are
// clipped.  Error if the number of weights does not match the shape.
Planes filter_sheet(const FilterBank& bank, std::string_view title);

// Every three input channels as the red, green and blue of one tile: a column per filter, a row per triple.
Planes filter_triple_sheet(const FilterBank& bank, std::string_view title);

}  // namespace reverie
