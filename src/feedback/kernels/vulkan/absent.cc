// In place of the Vulkan kernel where Reverie was built without glslc or Vulkan's headers.
#include "core/error.h"
#include "feedback/kernels/vulkan/availability.h"
#include "feedback/kernels/vulkan/vulkan_kernel.h"

namespace reverie {
namespace {

constexpr const char* kWhy = "this program was built without glslc or Vulkan's headers";

}  // namespace

const Availability& vulkan_availability() {
  static const Availability none = {.why_not = kWhy, .what = "", .automatic = false};
  return none;
}

std::unique_ptr<Kernel> make_vulkan_kernel(const Hourglass& /*hourglass*/, const LevelSizes& /*sizes*/,
                                           Threads& /*threads*/) {
  throw Error("use", "the graphics card", kWhy, "choose --kernel cpu");
}

}  // namespace reverie
