// The fast kernel: vectors of samples, several threads, any transition.
#pragma once

#include <memory>

#include "feedback/kernels/kernel.h"

namespace reverie {

std::unique_ptr<Kernel> make_cpu_kernel(const Hourglass& hourglass, const LevelSizes& sizes,
                                        Threads& threads);

}  // namespace reverie
