#include "feedback/kernels/vulkan/api.h"

#include <dlfcn.h>

namespace reverie::vulkan {
namespace {

// The library stays open until the program ends: drivers leave threads behind.
Loader find() {
  Loader found;
  void* library = dlopen("libvulkan.so.1", RTLD_NOW | RTLD_LOCAL);
  if (library == nullptr) {
    found.missing = "there is no libvulkan.so.1";
    return found;
  }
  // NOLINTNEXTLINE(cppcoreguidelines-pro-type-reinterpret-cast)
  found.get = reinterpret_cast<PFN_vkGetInstanceProcAddr>(dlsym(library, "vkGetInstanceProcAddr"));
  if (found.get != nullptr) {
    // NOLINTNEXTLINE(cppcoreguidelines-pro-type-reinterpret-cast)
    found.create = reinterpret_cast<PFN_vkCreateInstance>(found.get(nullptr, "vkCreateInstance"));
  }
  // what only Vulkan 1.1 has
  if (found.create == nullptr || found.get(nullptr, "vkEnumerateInstanceVersion") == nullptr) {
    found.create = nullptr;
    found.missing = "libvulkan.so.1 is older than Vulkan 1.1";
  }
  return found;
}

}  // namespace

const Loader& loader() {
  static const Loader found = find();
  return found;
}

// NOLINTBEGIN(cppcoreguidelines-pro-type-reinterpret-cast)
InstanceApi::InstanceApi(VkInstance instance) {
#define REVERIE_VULKAN_FIND(name) name = reinterpret_cast<PFN_vk##name>(loader().get(instance, "vk" #name));
  REVERIE_VULKAN_OF_INSTANCE(REVERIE_VULKAN_FIND)
#undef REVERIE_VULKAN_FIND
}

DeviceApi::DeviceApi(const InstanceApi& instance, VkDevice device) {
#define REVERIE_VULKAN_FIND(name) \
  name = reinterpret_cast<PFN_vk##name>(instance.GetDeviceProcAddr(device, "vk" #name));
  REVERIE_VULKAN_OF_DEVICE(REVERIE_VULKAN_FIND)
#undef REVERIE_VULKAN_FIND
}
// NOLINTEND(cppcoreguidelines-pro-type-reinterpret-cast)

}  // namespace reverie::vulkan
