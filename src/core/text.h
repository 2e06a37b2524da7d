// Text: the nearest word, numbers from strings.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace reverie {

// The candidate with the fewest edits from word, if that is few enough to be a plausible typo; else empty.
std::string nearest(std::string_view word, const std::vector<std::string>& candidates);

// ", did you mean 'zoom'?" or "", to append to an error.
std::string did_you_mean(std::string_view word, const std::vector<std::string>& candidates);

// "1 frame", "2 frames".
std::string counted(int64_t count, std::string_view what);

// All of s as a number, or nothing.  Independent of the locale.
std::optional<double> to_number(std::string_view s);

// s without control characters: names and texts from strangers' files must not control the terminal.
std::string printable(std::string s);

std::string lower(std::string s);  // A to Z only
std::string_view trim(std::string_view s);
std::vector<std::string> split(std::string_view s, char separator);
std::string join(const std::vector<std::string>& parts, std::string_view separator);

// Digits compare as numbers: "frame9.png" before "frame10.png".
bool natural_less(std::string_view a, std::string_view b);

// s as a quoted TOML basic string; invalid UTF-8 becomes U+FFFD.
std::string quote_toml(std::string_view s);

}  // namespace reverie
