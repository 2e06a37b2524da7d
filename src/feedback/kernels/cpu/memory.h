// Where the fast kernel keeps its samples.
#pragma once

#include <hwy/aligned_allocator.h>

#include <cstddef>

namespace reverie::cpu {

using Samples = hwy::AlignedFreeUniquePtr<float[]>;

// n samples, undefined, on a 64-byte boundary at least.  Throws std::bad_alloc.
Samples allocate_samples(size_t n);

}  // namespace reverie::cpu
