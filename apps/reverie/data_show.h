// Implements `reverie data show`.
#pragma once

#include <string>

namespace reverie {

struct DataShowWords {
  std::string set, output;  // output: empty means the set's name with .png
};

// Prints the contents of a record set and writes its sheet; returns the exit status.
int show_record_set(const DataShowWords& words);

}  // namespace reverie
