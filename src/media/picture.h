// Single pictures in files.
#pragma once

#include <cstdint>
#include <filesystem>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "core/planes.h"

namespace reverie {

// Reads any picture file that FFmpeg can read (or the first frame of a video) as [3, H, W] R, G, B in 0..1,
// turned as its metadata says, transparency over black.  Error if it cannot be read.
Planes read_picture(const std::filesystem::path& path);

// The same for a file in memory; name is for errors, and its extension tells the type if the bytes do not.
Planes parse_picture(std::span<const uint8_t> bytes, const std::string& name);

// The same for learning from: what is transparent gets the mean colour of the rest, as black would be learned
// too.
struct FilledPicture {
  Planes picture;
  bool filled = false;  // there was something transparent
};
FilledPicture parse_filled_picture(std::span<const uint8_t> bytes, const std::string& name);

// Writes [3, H, W] or [1, H, W] (grey) in 0..1 as .png (8 bit, lossless) or .jpg, to a temporary file that is
// then renamed.  Error for other extensions and if the file cannot be written.  note: how it was made
// (core/picture_note.h), if not empty.
void write_picture(const std::filesystem::path& path, const Planes& picture, std::string_view note = {});

// The same as the bytes of a JPEG file.
std::vector<uint8_t> jpeg_of(const Planes& picture);

// Whether the name has one of the extensions searched for in folders of pictures.
bool is_picture_name(const std::filesystem::path& path);

}  // namespace reverie
