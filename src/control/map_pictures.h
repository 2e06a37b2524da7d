// Generated map pictures.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "core/planes.h"

namespace reverie {

const std::vector<std::string>& generated_map_names();

// [1, 256, 256] in 0..1, to be stretched over the frame; name: one of generated_map_names().
//   radial      1 in the middle, falling linearly to 0 at the middle of the edges and beyond
//   horizontal  0 at the left, 1 at the right
//   vertical    0 at the top, 1 at the bottom
//   checker     8 x 8 fields, the top left one 1
//   noise       clouds from the seed, tileable, from 0 to 1
Planes generate_map(std::string_view name, uint64_t seed);

}  // namespace reverie
