// The kernel for graphics cards: compute shaders of Vulkan 1.1, of any maker.
#pragma once

#include <memory>

#include "feedback/kernels/kernel.h"

namespace reverie {

// CardError (an Error) if there is no card with a driver, or it has too little memory.
std::unique_ptr<Kernel> make_vulkan_kernel(const Hourglass& hourglass, const LevelSizes& sizes,
                                           Threads& threads);

}  // namespace reverie
