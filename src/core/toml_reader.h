// Reads a table of a TOML file strictly: every key known, every type and range right, every error with its
// line.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/error.h"
#include "core/toml_tree.h"

namespace reverie {

class TomlReader {
 public:
  // keys: all keys allowed in the table; Error with the nearest one for any other.  The table must outlive
  // the reader.
  TomlReader(const TomlNode& table, std::string file_name, std::vector<std::string> keys);

  const std::string& file_name() const { return file_name_; }
  int line() const { return table_.line; }

  // The entry of a key, or null.
  const TomlNode* find(std::string_view key) const;

  // The value of a key, or the fallback if it is missing; Error if there is no fallback.
  std::string text(std::string_view key, const std::optional<std::string>& fallback = {}) const;
  double number(std::string_view key, double low, double high, std::optional<double> fallback = {}) const;
  int64_t whole(std::string_view key, int64_t low, int64_t high, std::optional<int64_t> fallback = {}) const;
  // 0 to 2^64 - 1, as toml_seed() writes it: a whole number, or its digits as a text.
  uint64_t seed(std::string_view key, std::optional<uint64_t> fallback = {}) const;
  bool flag(std::string_view key, bool fallback) const;
  // A word, as the enum whose values follow the order of words.
  template <class Enum>
  Enum word(std::string_view key, const std::vector<std::string>& words,
            std::optional<Enum> fallback = {}) const {
    const TomlNode* node = entry(key, fallback.has_value());
    return node ? static_cast<Enum>(word_at(*node, words)) : *fallback;
  }
  // A list, or a single value as a list of one; nothing if the key is missing.
  std::vector<const TomlNode*> list(std::string_view key) const;
  // The tables of [[key]]; none if the key is missing.
  std::vector<const TomlNode*> tables(std::string_view key) const;

  // The value of an entry or of a list item.
  std::string text_at(const TomlNode& node) const;
  double number_at(const TomlNode& node) const;  // may be infinite or NaN
  double number_at(const TomlNode& node, double low, double high) const;
  int64_t whole_at(const TomlNode& node, int64_t low, int64_t high) const;
  bool flag_at(const TomlNode& node) const;
  size_t word_at(const TomlNode& node, const std::vector<std::string>& words) const;

  // Returns the result of work; an Error it throws gets the line of node.
  template <class Work>
  auto at(const TomlNode& node, const Work& work) const {
    try {
      return work();
    } catch (const Error& e) {
      fail(node, e.what());
    }
  }

  [[noreturn]] void fail(const TomlNode& node, const std::string& message) const;
  // Error "KEY must be WHAT, not a list".
  [[noreturn]] void fail_type(const TomlNode& node, std::string_view what) const;

 private:
  // Like find(), but Error if a required key is missing.
  const TomlNode* entry(std::string_view key, bool optional) const;
  std::string name_of(const TomlNode& node) const;

  const TomlNode& table_;
  std::string file_name_;
};

// A seed as a value: TOML's whole numbers end at 2^63 - 1, so a larger one is a text.
std::string toml_seed(uint64_t seed);

}  // namespace reverie
