// Letters in and out of UTF-8.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace reverie {

struct Utf8Letter {
  char32_t code = 0;
  size_t bytes = 0;  // 0: no whole, shortest and lawful sequence
};

// The letter at the front of s, which is not empty.
Utf8Letter front_letter(std::string_view s);

// code: up to 0x10FFFF.
void append_letter(std::string& s, char32_t code);

}  // namespace reverie
