// A TOML file from a stranger as a plain tree that knows its line numbers.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace reverie {

struct TomlNode {
  enum class Kind { kText, kWhole, kNumber, kFlag, kList, kTable, kDate };

  Kind kind = Kind::kTable;
  std::string key;              // within a table; empty in a list and at the top
  int line = 1;                 // of the key, or of the value in a list; from 1; 0: from the command line
  std::string text;             // kText
  int64_t whole = 0;            // kWhole
  double number = 0;            // kNumber and kWhole; may be infinite or NaN
  bool flag = false;            // kFlag
  std::vector<TomlNode> items;  // kList: in order; kTable: its entries, in the order of the file

  bool is_number() const { return kind == Kind::kNumber || kind == Kind::kWhole; }
};

// The longest text that is parsed, in bytes.
inline constexpr size_t kMostTomlBytes = size_t{1} << 20U;

// Parses UTF-8 text; any bytes are safe.  Error "FILE:LINE: why" for invalid TOML, text longer than
// kMostTomlBytes, or nesting deeper than in any file of ours.
TomlNode parse_toml(std::string_view text, const std::string& file_name);

// Throws Error "FILE:LINE: message", or "--set: message" for line 0, without control characters and cut to a
// readable length.
[[noreturn]] void fail_at_line(const std::string& file_name, int line, const std::string& message);

}  // namespace reverie
