#include "core/utf8.h"

namespace reverie {

Utf8Letter front_letter(std::string_view s) {
  const auto byte = [&](size_t i) { return static_cast<char32_t>(static_cast<unsigned char>(s[i])); };
  const char32_t first = byte(0);
  if (first < 0x80) return {first, 1};
  const size_t n = first < 0xC0 ? 0 : first < 0xE0 ? 2 : first < 0xF0 ? 3 : first < 0xF8 ? 4 : 0;
  if (n == 0 || s.size() < n) return {};
  char32_t code = first & (0xFFU >> (n + 1));
  for (size_t i = 1; i < n; ++i) {
    if ((byte(i) & 0xC0U) != 0x80U) return {};
    code = code << 6U | (byte(i) & 0x3FU);
  }
  const char32_t least = n == 2 ? 0x80 : n == 3 ? 0x800 : 0x10000;
  const bool surrogate = code >= 0xD800 && code <= 0xDFFF;
  if (code < least || surrogate || code > 0x10FFFF) return {};
  return {code, n};
}

void append_letter(std::string& s, char32_t code) {
  const auto put = [&](char32_t byte) { s += static_cast<char>(static_cast<unsigned char>(byte)); };
  const auto rest = [&](unsigned shift) { put(0x80U | (code >> shift & 0x3FU)); };
  if (code < 0x80) {
    put(code);
  } else if (code < 0x800) {
    put(0xC0U | code >> 6U);
    rest(0);
  } else if (code < 0x10000) {
    put(0xE0U | code >> 12U);
    rest(6);
    rest(0);
  } else {
    put(0xF0U | code >> 18U);
    rest(12);
    rest(6);
    rest(0);
  }
}

}  // namespace reverie
