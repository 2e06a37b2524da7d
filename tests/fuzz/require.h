// What a fuzz target demands of a reader beyond not crashing.
#pragma once

#include <cstdlib>

namespace reverie {

// libFuzzer reports the input under which this is false as a finding.
inline void require(bool holds) {
  if (!holds) std::abort();
}

}  // namespace reverie
