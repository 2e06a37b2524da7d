// Dropout (Srivastava et al. 2014) whose draws do not depend on how a batch is shared out.
#pragma once

#include <cstdint>

#include "models/torch.h"

namespace reverie {

// What it draws with: the same numbers for any number of processes.
struct DropoutPlace {
  uint64_t seed = 0;
  int64_t first = 0, count = 1;  // the slots of these pictures begin at `first` in a batch of `count`
};

// x: [N * rows, ...], of N pictures.  A share of its numbers becomes 0, the others grow to make up for it.
// layer: which dropout of the network this is.
torch::Tensor drop(const torch::Tensor& x, double share, const DropoutPlace& place, uint64_t layer,
                   int64_t rows = 1);

}  // namespace reverie
