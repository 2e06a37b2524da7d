#include "checks.h"

#include <fmt/format.h>

#include <charconv>

#include "core/text.h"

namespace reverie {

CLI::Validator finite_range(double low, double high) {
  return {[low, high](const std::string& word) {
            const std::optional<double> v = to_number(word);
            return v && *v >= low && *v <= high ? std::string()
                                                : fmt::format("it takes a number from {:g} to {:g}, not {}",
                                                              low, high, printable(word));
          },
          fmt::format("[{:g} - {:g}]", low, high)};
}

CLI::Validator whole_number(uint64_t most) {
  return {[most](const std::string& word) {
            uint64_t v = 0;
            const char* end = word.data() + word.size();
            const auto [last, code] = std::from_chars(word.data(), end, v);
            return code == std::errc() && last == end && v <= most
                       ? std::string()
                       : fmt::format("it takes a whole number from 0 to {}, not {}", most, printable(word));
          },
          ""};
}

}  // namespace reverie
