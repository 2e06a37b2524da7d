// Sheets of filters: 0 is mid grey, one scale for all filters of a layer.
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

// With three input channels a colour tile per filter.  Else a table of grey tiles: a column per filter
// (out), a row per input channel, both numbered from 1, in blocks where there are many; at most 512 filters
// and 256 rows.  A caption names the scale, which 99 % of the weights keep to; the others are clipped.  Error
// when there are not as many weights as the shape says.
Planes filter_sheet(const FilterBank& bank, std::string_view title);

// Each three input channels as the red, green and blue of one tile: a column per filter, a row per triple.
Planes filter_triple_sheet(const FilterBank& bank, std::string_view title);

}  // namespace reverie
