// The orientation that cameras store in pictures, where FFmpeg does not read it.  Internal to media/.
#pragma once

#include <cstdint>
#include <optional>
#include <span>

#include "media/convert.h"

namespace reverie::ffmpeg {

// From the EXIF data (tag 0x0112) of a whole PNG, WebP or TIFF; nothing for other files and without the tag.
std::optional<Orientation> exif_orientation(std::span<const uint8_t> file);

}  // namespace reverie::ffmpeg
