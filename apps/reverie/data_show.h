// What `reverie data show` does.
#pragma once

#include <string>

namespace reverie {

struct DataShowWords {
  std::string set, output;  // output: empty for the set's name with .png
};

// Prints what a record set holds and writes its sheet; the exit status.
int show_record_set(const DataShowWords& words);

}  // namespace reverie
