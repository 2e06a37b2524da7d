// One picture in one file.
#pragma once

#include <cstdint>
#include <filesystem>
#include <span>
#include <string>

#include "core/planes.h"

namespace reverie {

// A picture file of any kind FFmpeg reads (of a video: its first frame) as [3, H, W] R, G, B in 0..1, turned
// as its metadata says, transparency over black.  Error when it cannot be read.
Planes read_picture(const std::filesystem::path& path);

// The same of a file in memory; name is for errors, and its ending tells what it is where the bytes do not.
Planes parse_picture(std::span<const uint8_t> bytes, const std::string& name);

// Writes [3, H, W] or [1, H, W] (grey) in 0..1 as .png (8 bit, lossless) or .jpg, beside and then renamed.
// Error for other endings and when the file cannot be written.
void write_picture(const std::filesystem::path& path, const Planes& picture);

// Whether the name has an ending of a picture file that folders are searched for.
bool is_picture_name(const std::filesystem::path& path);

}  // namespace reverie
