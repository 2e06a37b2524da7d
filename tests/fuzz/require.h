// What a fuzz target requires of a reader besides not crashing.
#pragma once

#include <cstdlib>

namespace reverie {

// libFuzzer reports an input for which this is false as a finding.
inline void require(bool holds) {
  if (!holds) std::abort();
}

}  // namespace reverie
