// The orientation that cameras store in pictures, where FFmpeg does not read it.
#pragma once

#include <cstdint>
#include <optional>
#include <span>

namespace reverie {

// From the EXIF data (tag 0x0112) of a whole PNG, WebP or TIFF, 1 to 8: 1 is upright, 6 must be turned a
// quarter clockwise to be shown.  Nothing for other files and without the tag.
std::optional<int> exif_orientation(std::span<const uint8_t> file);

}  // namespace reverie
