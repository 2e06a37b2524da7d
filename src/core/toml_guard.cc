#include "core/toml_guard.h"

#include <fmt/format.h>

#include <algorithm>

#include "core/toml_tree.h"
#include "core/utf8.h"

namespace reverie {
namespace {

constexpr int kDeepest = 16;
constexpr char32_t kPrivatePlane = 0x100000;

// Position after the string that begins with a quote at `from`. A one-line string ends at the end of the line
// at the latest: there the parser stops.
size_t skip_string(std::string_view text, size_t from) {
  const char quote = text[from];
  const std::string triple(3, quote);
  const bool many_lines = text.substr(from, 3) == triple;
  size_t i = from + (many_lines ? 3 : 1);
  while (i < text.size()) {
    if (text[i] == '\\' && quote == '"') {
      i += 2;
    } else if (many_lines && text.substr(i, 3) == triple) {
      i += 3;
      // Up to two more quotes still belong to the string: """x""""" is x and two quotes.
      for (int more = 0; more < 2 && i < text.size() && text[i] == quote; ++more) ++i;
      return i;
    } else if (!many_lines && (text[i] == quote || text[i] == '\n')) {
      return text[i] == quote ? i + 1 : i;
    } else {
      ++i;
    }
  }
  return text.size();
}

// Tracks brackets and dots outside strings and comments.
class Depth {
 public:
  // False once it is too deep.
  bool step(char c) {
    if (c == '.') return ++dots_ <= kDeepest;
    if (c == '[' || c == '{') ++brackets_;
    if ((c == ']' || c == '}') && brackets_ > 0) --brackets_;
    if (std::string_view("[]{},=\n").find(c) != std::string_view::npos) dots_ = 0;  // a key ends here
    return brackets_ <= kDeepest;
  }

 private:
  int brackets_ = 0, dots_ = 0;
};

// Replaces each letter for which shift returns a code by that code.  Invalid UTF-8 is left alone.
template <class Shift>
std::string shifted(std::string_view text, const Shift& shift) {
  std::string out;
  out.reserve(text.size());
  while (!text.empty()) {
    const Utf8Letter letter = front_letter(text);
    const char32_t code = letter.bytes == 0 ? 0 : shift(letter.code);
    const size_t bytes = std::max<size_t>(letter.bytes, 1);
    if (code != 0) {
      append_letter(out, code);
    } else {
      out += text.substr(0, bytes);
    }
    text.remove_prefix(bytes);
  }
  return out;
}

bool is_shielded(char32_t code) {
  return code >= 0x80 && code <= 0xFFFF && !(code >= 0xD800 && code <= 0xDFFF);
}

}  // namespace

void check_nesting(std::string_view text, const std::string& file_name) {
  Depth depth;
  size_t i = 0;
  while (i < text.size()) {
    const char c = text[i];
    if (c == '"' || c == '\'') {
      i = skip_string(text, i);
    } else if (c == '#') {
      i = std::min(text.find('\n', i), text.size());
    } else {
      if (!depth.step(c)) {
        const std::string_view before = text.substr(0, i);
        const auto line = 1 + std::count(before.begin(), before.end(), '\n');
        fail_at_line(file_name, static_cast<int>(line),
                     fmt::format("nested deeper than {} levels", kDeepest));
      }
      ++i;
    }
  }
}

std::string shield_letters(std::string_view text) {
  constexpr std::string_view kByteOrderMark = "\xEF\xBB\xBF";
  const size_t begin = text.starts_with(kByteOrderMark) ? kByteOrderMark.size() : 0;  // toml++ skips it
  return shifted(text.substr(begin),
                 [](char32_t code) { return is_shielded(code) ? code + kPrivatePlane : 0; });
}

std::string unshield_letters(std::string_view text) {
  return shifted(text, [](char32_t code) {
    return code > kPrivatePlane && is_shielded(code - kPrivatePlane) ? code - kPrivatePlane : 0;
  });
}

}  // namespace reverie
