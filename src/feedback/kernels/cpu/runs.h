// Places of a picture that are processed together, packed across the ends of rows, so that short rows fill
// whole vectors too.
#pragma once

#include <algorithm>
#include <vector>

namespace reverie::cpu {

struct Run {
  int row, column;  // of its first place
  int at, count;    // its position in the group, and its length
};

// Places begin .. begin + count - 1 of rows of `across` places, counted row by row.
inline std::vector<Run> runs(int across, int begin, int count) {
  std::vector<Run> all;
  for (int at = 0; at < count;) {
    const int column = (begin + at) % across;
    const int n = std::min(across - column, count - at);
    all.push_back({(begin + at) / across, column, at, n});
    at += n;
  }
  return all;
}

}  // namespace reverie::cpu
