// Little-endian integers, at any address.
#pragma once

#include <cstddef>
#include <cstdint>

namespace reverie {

template <class T>
T load_little(const uint8_t* at) {
  T value = 0;
  for (size_t i = 0; i < sizeof(T); ++i) value |= static_cast<T>(static_cast<T>(at[i]) << (8 * i));
  return value;
}
template <class T>
void store_little(uint8_t* at, T value) {
  for (size_t i = 0; i < sizeof(T); ++i) at[i] = static_cast<uint8_t>(value >> (8 * i));
}

}  // namespace reverie
