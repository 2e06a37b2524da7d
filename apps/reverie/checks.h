// What a command line's words are checked for, beyond what CLI11 brings.
#pragma once

#include <CLI/CLI.hpp>
#include <cstdint>

namespace reverie {

// A number from low to high, which NaN is not.
CLI::Validator finite_range(double low, double high);

// Digits that mean 0 to most: neither a sign nor more than fits.
CLI::Validator whole_number(uint64_t most);

}  // namespace reverie
