// The header of a .npy file; used only by npy.cc.
#pragma once

#include <bit>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "weights/element.h"

namespace reverie {

constexpr std::string_view kNpyMagic = "\x93NUMPY";
constexpr size_t kNpyAlignment = 64;  // of the array's first byte, in files we write

struct NpyHeader {
  ElementType type = ElementType::kF32;
  std::endian order = std::endian::little;
  bool fortran_order = false;
  std::vector<int64_t> shape;
  size_t data_begin = 0;  // bytes from the beginning of the file
};

// Checks only the syntax: whether the shape fits the file is up to the caller.  Error names the file.
NpyHeader parse_npy_header(std::span<const uint8_t> bytes, const std::string& file);

}  // namespace reverie
