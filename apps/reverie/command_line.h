// Parsing the command line: shared by the verbs.
#pragma once

#include <CLI/CLI.hpp>
#include <string>
#include <utility>

#include "core/error.h"

namespace reverie {

// An invalid command line: exit 2.
class UsageError : public Error {
 public:
  using Error::Error;
};

// "640x360" as width and height, 1 to 16384 each.
std::pair<int, int> parse_size(const std::string& word);

// "25" or "30000/1001" as frames per second, 0.1 to 1000.
double parse_rate(const std::string& word);

// "90.5", "1:30.5" or "1:02:03" as seconds, least to 1e7.
double parse_time(const std::string& option, const std::string& word, double least);

// What an option takes, without the parser's own words for its limits.
class HelpFormatter : public CLI::Formatter {
 public:
  std::string make_option_opts(const CLI::Option* option) const override;
};

// The parser's complaint as one line, with the nearest word.
std::string explain(const CLI::App& app, const CLI::Error& error);

}  // namespace reverie
