// Encodes and decodes UTF-8 letters.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace reverie {

struct Utf8Letter {
  char32_t code = 0;
  size_t bytes = 0;  // 0: not a complete, shortest and valid sequence
};

// The letter at the start of s, which must not be empty.
Utf8Letter front_letter(std::string_view s);

// code: up to 0x10FFFF.
void append_letter(std::string& s, char32_t code);

}  // namespace reverie
