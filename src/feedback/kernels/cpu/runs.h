// Places of a picture that are worked on together, packed across the ends of rows: short rows fill whole
// vectors too.
#pragma once

#include <algorithm>
#include <vector>

namespace reverie::cpu {

struct Run {
  int row, column;  // of its first place
  int at, count;    // where it lies in the group, and how many there are
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
