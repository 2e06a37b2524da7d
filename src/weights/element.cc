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

uint16_t float_to_half(float value) {
  const auto sign = static_cast<uint16_t>(std::signbit(value) ? 0x8000U : 0U);
  const float size = std::abs(value);
  if (std::isnan(value)) return sign | 0x7e00U;
  if (size >= 65520) return sign | 0x7c00U;  // would round to 2^16
  // in units of the last place of its exponent, at least that of the subnormals; a carry goes to the exponent
  int exponent = 0;
  std::frexp(size, &exponent);
  exponent = std::max(exponent, -13);
  const auto units = static_cast<uint32_t>(std::nearbyint(std::ldexp(size, 11 - exponent)));
  if (units < 0x400U) return static_cast<uint16_t>(sign | units);
  return static_cast<uint16_t>(sign + (static_cast<uint32_t>(exponent + 13) << 10U) + units);
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

void append_halves(std::vector<uint8_t>& bytes, std::span<const float> values) {
  for (const float value : values) {
    const uint16_t half = float_to_half(value);
    bytes.push_back(static_cast<uint8_t>(half));
    bytes.push_back(static_cast<uint8_t>(half >> 8U));
  }
}

}  // namespace reverie
