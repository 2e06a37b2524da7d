// Text that travels in a picture's file: how it was made.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace reverie {

// The file, a PNG or JPEG, with the text in it: an iTXt chunk "Comment" (PNG, third edition, 11.3.3) or a
// comment segment (at most 65533 bytes: a longer text is left out, as in files of other kinds).
std::vector<uint8_t> with_note(std::vector<uint8_t> file, std::string_view text);

// The first such text of a file; nothing where there is none.
std::optional<std::string> note_of(std::span<const uint8_t> file);

}  // namespace reverie
