// The machine's peak, to compare a kernel's speed with.
#pragma once

#include "core/parallel.h"

namespace reverie {

struct Peak {
  double gflops = 0;                   // single-precision multiply-adds in registers, each counted as two
  double gbytes_read_and_written = 0;  // per second, copying between buffers larger than a core's caches
};

// Runs both loops on all threads for about 0.1 s each and takes the best of several rounds.
Peak measure_peak(Threads& threads);

}  // namespace reverie
