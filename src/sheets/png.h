// Writes PNG files.
#pragma once

#include <cstdint>
#include <filesystem>
#include <vector>

#include "core/planes.h"

namespace reverie {

// A picture [3, H, W] or [1, H, W], 0..1 rounded to 8 bits, as the bytes of a PNG file (sRGB or grey); the
// same picture gives the same bytes.  Values outside the range are clipped, NaN becomes 0.  Error if it has
// no samples or another number of channels.
std::vector<uint8_t> png_bytes(const Planes& picture);

// Writes to a temporary file, then renames it; creates the folder.
void write_png(const std::filesystem::path& path, const Planes& picture);

}  // namespace reverie
