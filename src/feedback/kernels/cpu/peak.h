// What this machine can do at best: what a kernel's speed is held against.
#pragma once

#include "core/parallel.h"

namespace reverie {

struct Peak {
  double gflops = 0;                   // multiply-adds of single precision in registers, each counted as two
  double gbytes_read_and_written = 0;  // a second, copying between buffers larger than the caches near a core
};

// Runs both loops on all threads for about 0.1 s each and takes the best of several rounds.
Peak measure_peak(Threads& threads);

}  // namespace reverie
