// Reads and writes Middlebury's .flo files: "PIEH", width and height as int32, then dx and dy of every pixel,
// row by row, as float32; all little-endian (Baker et al. 2011, vision.middlebury.edu/flow).
#pragma once

#include <cmath>
#include <cstdint>
#include <filesystem>
#include <span>
#include <string>
#include <vector>

#include "motion/flow.h"

namespace reverie {

// A flow may be unknown in places: there a component is beyond a thousand million, or not a number.
inline bool is_known(float dx, float dy) {
  constexpr float kUnknown = 1e9F;
  return std::abs(dx) <= kUnknown && std::abs(dy) <= kUnknown;
}

// Error names the file if it is no such file, or longer or shorter than its header says.
Flow read_flo(const std::filesystem::path& path);
// The same from memory; file is the name for errors.
Flow parse_flo(std::span<const uint8_t> bytes, const std::string& file);

std::vector<uint8_t> flo_bytes(const Flow& flow);
// Writes to a temporary file, then renames it.
void write_flo(const std::filesystem::path& path, const Flow& flow);

}  // namespace reverie
