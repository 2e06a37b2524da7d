// Reads and writes NumPy's .npy files: one array per file.
//
// Format: "numpy.lib.format" in the NumPy manual (NEP 1), versions 1.0, 2.0 and 3.0.
#pragma once

#include <cstdint>
#include <filesystem>
#include <span>
#include <string>
#include <vector>

#include "weights/tensor.h"

namespace reverie {

// The array in C order, converted to float32, from booleans, integers of 1 to 8 bytes and floats of 2 to 8
// bytes of either byte order; an array in Fortran order is transposed.  Error names the file for anything
// else: objects (never unpickled), records, text, complex numbers, a file longer or shorter than its header
// says.
Tensor read_npy(const std::filesystem::path& path);

// The same from memory; file is the name for errors.
Tensor parse_npy(std::span<const uint8_t> bytes, const std::string& file);

// The array as the bytes of a version 1.0 file, little-endian float32 in C order.  file is the name for
// errors.
std::vector<uint8_t> npy_bytes(const Tensor& tensor, const std::string& file = "");

// Writes to a temporary file, then renames it.
void write_npy(const std::filesystem::path& path, const Tensor& tensor);

}  // namespace reverie
