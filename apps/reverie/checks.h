// Checks of command line arguments beyond those of CLI11.
#pragma once

#include <CLI/CLI.hpp>
#include <cstdint>

namespace reverie {

// A number from low to high; NaN is rejected.
CLI::Validator finite_range(double low, double high);

// Digits for a number from 0 to most: no sign, no overflow.
CLI::Validator whole_number(uint64_t most);

}  // namespace reverie
