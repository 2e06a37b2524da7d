#include "models/layer_words.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "core/error.h"
#include "core/text.h"
#include "weights/tensor.h"

namespace reverie {

std::vector<std::string> words_at(const TomlReader& reader, const char* key) {
  std::vector<std::string> words;
  for (const TomlNode* node : reader.list(key)) words.push_back(reader.text_at(*node));
  return words;
}

std::vector<std::string> listed_layers(const std::string& text) {
  std::vector<std::string> words;
  for (const std::string& word : split(text, ',')) words.emplace_back(trim(word));
  return words;
}

std::string quoted_layers(const std::vector<std::string>& words) {
  std::vector<std::string> quoted;
  quoted.reserve(words.size());
  for (const std::string& word : words) quoted.push_back(quote_toml(word));
  return join(quoted, ", ");
}

void fail_at_layer(const std::string& text, const std::string& why) {
  throw Error("understand the layer", in_quotes(text), why);
}

LayerWords parse_layer_words(const std::string& text, const std::vector<std::string>& ops) {
  LayerWords words{text, 0, {}};
  for (const std::string& word : split(text, ' ')) {
    if (!word.empty()) words.numbers.push_back(word);
  }
  if (words.numbers.empty()) fail_at_layer(text, "it is empty");
  const std::string word = words.numbers.front();
  words.numbers.erase(words.numbers.begin());
  const auto op = std::find(ops.begin(), ops.end(), word);
  if (op == ops.end())
    fail_at_layer(text, fmt::format("there are {}{}", join(ops, ", "), did_you_mean(word, ops)));
  words.op = static_cast<size_t>(op - ops.begin());
  return words;
}

void check_count(const LayerWords& words, size_t low, size_t high) {
  const size_t count = words.numbers.size();
  if (count < low || count > high)
    fail_at_layer(words.text, low == high ? fmt::format("it takes {} numbers", low)
                                          : fmt::format("it takes {} to {} numbers", low, high));
}

int whole_number(const LayerWords& words, size_t i, int high, int fallback) {
  if (i >= words.numbers.size()) return fallback;
  const double value = to_number(words.numbers[i]).value_or(0);
  if (!(value >= 1 && value <= high && value == std::floor(value)))
    fail_at_layer(words.text,
                  fmt::format("{} is not a number from 1 to {}", in_quotes(words.numbers[i]), high));
  return static_cast<int>(value);
}

}  // namespace reverie
