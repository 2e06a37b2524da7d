// Whether there is a card that the Vulkan kernel can use.
#pragma once

#include "feedback/kernels/kernel.h"

namespace reverie {

// Looked for once.
const Availability& vulkan_availability();

}  // namespace reverie
