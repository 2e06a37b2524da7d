// Layers as recipes list them: a word and numbers, "conv 64 3".
#pragma once

#include <string>
#include <vector>

#include "core/toml_reader.h"

namespace reverie {

struct LayerWords {
  std::string text;  // all of it
  size_t op = 0;     // the place of its word among those there are
  std::vector<std::string> numbers;
};

// A recipe's list of them; empty where the key is not there.
std::vector<std::string> words_at(const TomlReader& reader, const char* key);

// "conv 64 3, max 2": a list in one text.
std::vector<std::string> listed_layers(const std::string& text);

// As a recipe's list has them, without its brackets.
std::string quoted_layers(const std::vector<std::string>& words);

[[noreturn]] void fail_at_layer(const std::string& text, const std::string& why);

// Error with the nearest word for one that is not there.
LayerWords parse_layer_words(const std::string& text, const std::vector<std::string>& ops);

// Error where it has fewer or more numbers.
void check_count(const LayerWords& words, size_t low, size_t high);

// Its i-th number, from 1 to `high`; where it has fewer, the fallback.
int whole_number(const LayerWords& words, size_t i, int high, int fallback = 0);

}  // namespace reverie
