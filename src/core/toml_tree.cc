#include "core/toml_tree.h"

#include <fmt/format.h>
#include <toml++/toml.h>  // only here: it takes seconds to compile

#include <algorithm>

#include "core/error.h"
#include "core/toml_guard.h"
#include "core/utf8.h"

namespace reverie {
namespace {

int line_of(const toml::source_region& region) {
  return std::max(1, static_cast<int>(region.begin.line));
}

TomlNode convert(const toml::node& from);

std::vector<TomlNode> convert_entries(const toml::table& table) {
  std::vector<TomlNode> entries;
  entries.reserve(table.size());
  for (const auto& [key, value] : table) {
    entries.push_back(convert(value));
    entries.back().key = unshield_letters(key.str());
    entries.back().line = line_of(key.source());
  }
  // toml++ sorts by name; errors must come in the order of the file.
  std::stable_sort(entries.begin(), entries.end(),
                   [](const TomlNode& a, const TomlNode& b) { return a.line < b.line; });
  return entries;
}

// check_nesting() limits the depth.
TomlNode convert(const toml::node& from) {
  TomlNode to;
  to.line = line_of(from.source());
  if (const auto* table = from.as_table()) {
    to.items = convert_entries(*table);
  } else if (const auto* list = from.as_array()) {
    to.kind = TomlNode::Kind::kList;
    to.items.reserve(list->size());
    for (const toml::node& item : *list) to.items.push_back(convert(item));
  } else if (const auto* text = from.as_string()) {
    to.kind = TomlNode::Kind::kText;
    to.text = unshield_letters(text->get());
  } else if (const auto* whole = from.as_integer()) {
    to.kind = TomlNode::Kind::kWhole;
    to.whole = whole->get();
    to.number = static_cast<double>(to.whole);
  } else if (const auto* number = from.as_floating_point()) {
    to.kind = TomlNode::Kind::kNumber;
    to.number = number->get();
  } else if (const auto* flag = from.as_boolean()) {
    to.kind = TomlNode::Kind::kFlag;
    to.flag = flag->get();
  } else {
    to.kind = TomlNode::Kind::kDate;
  }
  return to;
}

}  // namespace

TomlNode parse_toml(std::string_view text, const std::string& file_name) {
  if (text.size() > kMostTomlBytes) {
    throw Error("read", file_name,
                fmt::format("it is larger than the {} bytes allowed here", kMostTomlBytes));
  }
  check_nesting(text, file_name);
  try {
    return convert(toml::parse(shield_letters(text)));
  } catch (const toml::parse_error& e) {
    fail_at_line(file_name, line_of(e.source()), unshield_letters(e.description()));
  }
}

void fail_at_line(const std::string& file_name, int line, const std::string& message) {
  constexpr size_t kLongest = 1000;
  std::string s =
      line == 0 ? fmt::format("--set: {}", message) : fmt::format("{}:{}: {}", file_name, line, message);
  if (s.size() > kLongest) s = s.substr(0, kLongest) + "...";
  std::replace_if(
      s.begin(), s.end(), [](unsigned char c) { return c < 32 || c == 127; }, ' ');
  throw Error(s);
}

}  // namespace reverie
