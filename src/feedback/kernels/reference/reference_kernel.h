// The reference kernel, with which every other kernel is compared.
#pragma once

#include <memory>

#include "feedback/kernels/kernel.h"

namespace reverie {

std::unique_ptr<Kernel> make_reference_kernel(const Hourglass& hourglass, const LevelSizes& sizes,
                                              Threads& threads);

}  // namespace reverie
