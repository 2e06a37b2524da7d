// Reading the command line: what the verbs share.
#pragma once

#include <string>
#include <utility>

#include "core/error.h"

namespace CLI {
class App;
class Error;
}  // namespace CLI

namespace reverie {

// A wrong command line: exit 2.
class UsageError : public Error {
 public:
  using Error::Error;
};

// "640x360" as width and height, 1 to 16384 each.
std::pair<int, int> parse_size(const std::string& word);

// What the parser found wrong, as one line with the nearest word there is.
std::string explain(const CLI::App& app, const CLI::Error& error);

}  // namespace reverie
