// Two guards in front of the TOML parser, against what crashes toml++ 3.3.
#pragma once

#include <string>
#include <string_view>

namespace reverie {

// Error "FILE:LINE: ..." for text that nests deeper than 16 brackets or has a key of more than 16 parts.
// toml++ limits nested values but not dotted keys: "a.a.a.a..." of some 100 kB makes a table so deep that its
// destructor overflows the stack.  Invalid TOML may be measured wrongly, but only past the place where the
// parser stops.
void check_nesting(std::string_view text, const std::string& file_name);

// Moves every letter from U+0080 to U+FFFF to the same place in private plane 16, and back.  toml++ asks in
// many places whether a letter is white space, and for half of the alphabets below U+FFFF this runs into
// __builtin_unreachable(); above it, the answer is reliable.  (Letters of plane 16 itself do not survive.)
std::string shield_letters(std::string_view text);
std::string unshield_letters(std::string_view text);

}  // namespace reverie
