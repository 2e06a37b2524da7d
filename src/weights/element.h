// The element types of weights files, and their conversion to float32.
#pragma once

#include <bit>
#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

namespace reverie {

enum class ElementType : uint8_t {
  kBool,  // one byte, any value except 0 is true
  kU8,
  kI8,
  kU16,
  kI16,
  kU32,
  kI32,
  kU64,
  kI64,
  kF16,   // IEEE 754 binary16
  kBF16,  // the upper half of a float32
  kF32,
  kF64
};

// Bytes per element, 1 to 8.
size_t element_size(ElementType type);

// All complete elements in bytes as float32, rounded to nearest if float32 is too narrow; a double out of
// range becomes infinite.  true is 1.
std::vector<float> to_floats(std::span<const uint8_t> bytes, ElementType type,
                             std::endian order = std::endian::little);

// Appends the four bytes of each value, little-endian.
void append_floats(std::vector<uint8_t>& bytes, std::span<const float> values);

// Appends each value as a binary16, little-endian, rounded to the nearest, ties to even; what is too large
// becomes infinite.
void append_halves(std::vector<uint8_t>& bytes, std::span<const float> values);

}  // namespace reverie
