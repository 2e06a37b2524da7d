// Work for several threads: a list of calls that may run in any order, at the same time.
#pragma once

#include <algorithm>
#include <functional>
#include <vector>

namespace reverie::cpu {

using Pieces = std::vector<std::function<void()>>;

constexpr int kBands = 16;  // per level: enough for threads to share evenly, few enough to cost nothing

// Pieces that call work(first row, rows) and together cover `height` rows; the rows of each except the last
// are a multiple of `step`.
template <class Work>
void in_bands(int height, int step, Pieces& pieces, const Work& work) {
  const int rows = ((height + kBands - 1) / kBands + step - 1) / step * step;
  for (int y = 0; y < height; y += rows) pieces.emplace_back([=] { work(y, std::min(rows, height - y)); });
}

}  // namespace reverie::cpu
