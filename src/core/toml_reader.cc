#include "core/toml_reader.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>

#include "core/text.h"

namespace reverie {
namespace {

constexpr size_t kLongestText = 4096;  // a path, a sentence

std::string_view kind_name(TomlNode::Kind kind) {
  switch (kind) {
    case TomlNode::Kind::kText:
      return "a string";
    case TomlNode::Kind::kWhole:
      return "a whole number";
    case TomlNode::Kind::kNumber:
      return "a number";
    case TomlNode::Kind::kFlag:
      return "true or false";
    case TomlNode::Kind::kList:
      return "a list";
    case TomlNode::Kind::kTable:
      return "a table";
    case TomlNode::Kind::kDate:
      break;
  }
  return "a date";
}

}  // namespace

TomlReader::TomlReader(const TomlNode& table, std::string file_name, std::vector<std::string> keys)
    : table_(table), file_name_(std::move(file_name)) {
  if (table.kind != TomlNode::Kind::kTable) fail_type(table, "a table");
  for (const TomlNode& entry : table.items) {
    if (std::find(keys.begin(), keys.end(), entry.key) == keys.end())
      fail(entry, fmt::format("there is no key '{}' here{}", entry.key, did_you_mean(entry.key, keys)));
  }
}

const TomlNode* TomlReader::find(std::string_view key) const {
  for (const TomlNode& entry : table_.items) {
    if (entry.key == key) return &entry;
  }
  return nullptr;
}

const TomlNode* TomlReader::entry(std::string_view key, bool optional) const {
  const TomlNode* node = find(key);
  if (!node && !optional) fail(table_, fmt::format("'{}' is missing", key));
  return node;
}

std::string TomlReader::text(std::string_view key, const std::optional<std::string>& fallback) const {
  const TomlNode* node = entry(key, fallback.has_value());
  return node ? text_at(*node) : *fallback;
}

double TomlReader::number(std::string_view key, double low, double high,
                          std::optional<double> fallback) const {
  const TomlNode* node = entry(key, fallback.has_value());
  return node ? number_at(*node, low, high) : *fallback;
}

int64_t TomlReader::whole(std::string_view key, int64_t low, int64_t high,
                          std::optional<int64_t> fallback) const {
  const TomlNode* node = entry(key, fallback.has_value());
  return node ? whole_at(*node, low, high) : *fallback;
}

uint64_t TomlReader::seed(std::string_view key, std::optional<uint64_t> fallback) const {
  const TomlNode* node = entry(key, fallback.has_value());
  if (!node) return *fallback;
  if (node->kind == TomlNode::Kind::kWhole) return static_cast<uint64_t>(whole_at(*node, 0, INT64_MAX));
  const std::string digits = text_at(*node);
  uint64_t value = 0;
  const auto [end, code] = std::from_chars(digits.data(), digits.data() + digits.size(), value);
  if (code != std::errc() || end != digits.data() + digits.size())
    fail(*node, fmt::format("'{}' is not a seed of 0 to {}", digits, UINT64_MAX));
  return value;
}

bool TomlReader::flag(std::string_view key, bool fallback) const {
  const TomlNode* node = find(key);
  return node ? flag_at(*node) : fallback;
}

std::vector<const TomlNode*> TomlReader::list(std::string_view key) const {
  const TomlNode* node = find(key);
  std::vector<const TomlNode*> out;
  if (node && node->kind != TomlNode::Kind::kList) out.push_back(node);
  if (node && node->kind == TomlNode::Kind::kList) {
    for (const TomlNode& item : node->items) out.push_back(&item);
  }
  return out;
}

std::vector<const TomlNode*> TomlReader::tables(std::string_view key) const {
  const TomlNode* node = find(key);
  if (!node) return {};
  const auto is_table = [](const TomlNode& item) { return item.kind == TomlNode::Kind::kTable; };
  if (node->kind != TomlNode::Kind::kList || !std::all_of(node->items.begin(), node->items.end(), is_table))
    fail(*node, fmt::format("'{0}' must be a list of tables, each starting with [[{0}]]", key));
  return list(key);
}

std::string TomlReader::text_at(const TomlNode& node) const {
  if (node.kind != TomlNode::Kind::kText) fail_type(node, "a string");
  if (node.text.size() > kLongestText)
    fail(node, fmt::format("{} is longer than {} bytes", name_of(node), kLongestText));
  if (node.text.find('\0') != std::string::npos)
    fail(node, fmt::format("{} has a zero character in it", name_of(node)));
  return node.text;
}

double TomlReader::number_at(const TomlNode& node) const {
  if (!node.is_number()) fail_type(node, "a number");
  return node.number + 0.0;  // -0 is 0, so that what is written is read the same
}

double TomlReader::number_at(const TomlNode& node, double low, double high) const {
  number_at(node);
  if (!(node.number >= low && node.number <= high))  // also false for NaN
    fail(node, fmt::format("{} must be {} to {}, not {}", name_of(node), low, high, node.number));
  return number_at(node);
}

int64_t TomlReader::whole_at(const TomlNode& node, int64_t low, int64_t high) const {
  if (node.kind != TomlNode::Kind::kWhole) fail_type(node, "a whole number");
  if (node.whole < low || node.whole > high)
    fail(node, fmt::format("{} must be {} to {}, not {}", name_of(node), low, high, node.whole));
  return node.whole;
}

bool TomlReader::flag_at(const TomlNode& node) const {
  if (node.kind != TomlNode::Kind::kFlag) fail_type(node, "true or false");
  return node.flag;
}

size_t TomlReader::word_at(const TomlNode& node, const std::vector<std::string>& words) const {
  const std::string word = text_at(node);
  const auto it = std::find(words.begin(), words.end(), word);
  if (it == words.end()) {
    fail(node, fmt::format("{} must be one of {}, not '{}'{}", name_of(node), join(words, ", "), word,
                           did_you_mean(word, words)));
  }
  return static_cast<size_t>(it - words.begin());
}

void TomlReader::fail(const TomlNode& node, const std::string& message) const {
  fail_at_line(file_name_, node.line, message);
}

void TomlReader::fail_type(const TomlNode& node, std::string_view what) const {
  fail(node, fmt::format("{} must be {}, not {}", name_of(node), what, kind_name(node.kind)));
}

std::string TomlReader::name_of(const TomlNode& node) const {
  return node.key.empty() ? "each item of the list" : "'" + node.key + "'";
}

std::string toml_seed(uint64_t seed) {
  return seed <= static_cast<uint64_t>(INT64_MAX) ? std::to_string(seed) : fmt::format("\"{}\"", seed);
}

}  // namespace reverie
