// The reference kernel: what every other kernel is held against.
#pragma once

#include <memory>

#include "feedback/kernels/kernel.h"

namespace reverie {

std::unique_ptr<Kernel> make_reference_kernel(const Hourglass& hourglass, const LevelSizes& sizes,
                                              Threads& threads);

}  // namespace reverie
