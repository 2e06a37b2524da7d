// Memory for the fast kernel's samples.
#pragma once

#include <hwy/aligned_allocator.h>

#include <cstddef>

namespace reverie::cpu {

using Samples = hwy::AlignedFreeUniquePtr<float[]>;

// n samples, uninitialised, at least on a 64-byte boundary.  Throws std::bad_alloc.
Samples allocate_samples(size_t n);

}  // namespace reverie::cpu
