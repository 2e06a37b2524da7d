#include "weights/element.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <cstring>
#include <limits>

namespace reverie {
namespace {

static_assert(std::numeric_limits<float>::is_iec559 && std::numeric_limits<double>::is_iec559);

template <typename Stored>
Stored load(const uint8_t* from, bool swap) {
  std::array<uint8_t, sizeof(Stored)> raw{};
  std::memcpy(raw.data(), from, sizeof(Stored));
  if (swap) std::reverse(raw.begin(), raw.end());
  return std::bit_cast<Stored>(raw);
}

template <typename Stored, typename ToFloat>
std::vector<float> convert(std::span<const uint8_t> bytes, bool swap, ToFloat to_float) {
  std::vector<float> values(bytes.size() / sizeof(Stored));
  const uint8_t* from = bytes.data();
  for (float& v : values) {
    v = to_float(load<Stored>(from, swap));
    from += sizeof(Stored);
  }
  return values;
}

template <typename Stored>
std::vector<float> convert(std::span<const uint8_t> bytes, bool swap) {
  return convert<Stored>(bytes, swap, [](Stored s) { return static_cast<float>(s); });
}

// IEEE 754-2019, 3.4: 1 sign, 5 exponent (bias 15) and 10 fraction bits.  Every binary16 is a binary32.
float half_to_float(uint16_t half) {
  const uint32_t sign = (half & 0x8000U) << 16U;
  const uint32_t exponent = (half >> 10U) & 0x1fU;
  const uint32_t fraction = half & 0x3ffU;
  if (exponent == 0) return std::copysign(static_cast<float>(fraction) * 0x1p-24F, sign != 0 ? -1.0F : 1.0F);
  const uint32_t wide = exponent == 31 ? 255 : exponent + (127 - 15);
  return std::bit_cast<float>(sign | (wide << 23U) | (fraction << 13U));
}

float bfloat_to_float(uint16_t b) {
  return std::bit_cast<float>(static_cast<uint32_t>(b) << 16U);
}

}  // namespace

size_t element_size(ElementType type) {
  switch (type) {
    case ElementType::kBool:
    case ElementType::kU8:
    case ElementType::kI8:
      return 1;
    case ElementType::kU16:
    case ElementType::kI16:
    case ElementType::kF16:
    case ElementType::kBF16:
      return 2;
    case ElementType::kU32:
    case ElementType::kI32:
    case ElementType::kF32:
      return 4;
    case ElementType::kU64:
    case ElementType::kI64:
    case ElementType::kF64:
      break;
  }
  return 8;
}

std::vector<float> to_floats(std::span<const uint8_t> bytes, ElementType type, std::endian order) {
  const bool swap = order != std::endian::native;
  switch (type) {
    case ElementType::kBool:
      return convert<uint8_t>(bytes, swap, [](uint8_t b) { return b != 0 ? 1.0F : 0.0F; });
    case ElementType::kU8:
      return convert<uint8_t>(bytes, swap);
    case ElementType::kI8:
      return convert<int8_t>(bytes, swap);
    case ElementType::kU16:
      return convert<uint16_t>(bytes, swap);
    case ElementType::kI16:
      return convert<int16_t>(bytes, swap);
    case ElementType::kU32:
      return convert<uint32_t>(bytes, swap);
    case ElementType::kI32:
      return convert<int32_t>(bytes, swap);
    case ElementType::kU64:
      return convert<uint64_t>(bytes, swap);
    case ElementType::kI64:
      return convert<int64_t>(bytes, swap);
    case ElementType::kF16:
      return convert<uint16_t>(bytes, swap, half_to_float);
    case ElementType::kBF16:
      return convert<uint16_t>(bytes, swap, bfloat_to_float);
    case ElementType::kF32:
      return convert<float>(bytes, swap);
    case ElementType::kF64:
      break;
  }
  return convert<double>(bytes, swap);
}

void append_floats(std::vector<uint8_t>& bytes, std::span<const float> values) {
  bytes.reserve(bytes.size() + values.size() * sizeof(float));
  for (const float v : values) {
    auto raw = std::bit_cast<std::array<uint8_t, sizeof(float)>>(v);
    if (std::endian::native != std::endian::little) std::reverse(raw.begin(), raw.end());
    bytes.insert(bytes.end(), raw.begin(), raw.end());
  }
}

}  // namespace reverie
