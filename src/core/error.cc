#include "core/error.h"

namespace reverie {
namespace {

// Names and reasons may come from a hostile file: control characters never reach the terminal.
std::string one_line(std::string s) {
  for (char& c : s) {
    if (static_cast<unsigned char>(c) < 32 || c == 127) c = ' ';
  }
  return s;
}

}  // namespace

Error::Error(const std::string& doing, const std::string& to_what, const std::string& why,
             const std::string& advice)
    : std::runtime_error(one_line("cannot " + doing + (to_what.empty() ? "" : " " + to_what) + ": " + why +
                                  (advice.empty() ? "" : " (" + advice + ")"))) {}

}  // namespace reverie
