// The functions of Vulkan that are used, found at run time: a program starts without a driver.
#pragma once

#define VK_NO_PROTOTYPES
#include <vulkan/vulkan.h>

#include <string>

namespace reverie::vulkan {

// clang-format off
#define REVERIE_VULKAN_OF_INSTANCE(F) \
  F(DestroyInstance) F(EnumeratePhysicalDevices) F(GetPhysicalDeviceProperties) \
  F(GetPhysicalDeviceMemoryProperties) F(GetPhysicalDeviceQueueFamilyProperties) F(CreateDevice) \
  F(GetDeviceProcAddr)
#define REVERIE_VULKAN_OF_DEVICE(F) \
  F(DestroyDevice) F(GetDeviceQueue) F(DeviceWaitIdle) F(CreateBuffer) F(DestroyBuffer) \
  F(GetBufferMemoryRequirements) F(AllocateMemory) F(FreeMemory) F(BindBufferMemory) F(MapMemory) \
  F(CreateShaderModule) F(DestroyShaderModule) F(CreateDescriptorSetLayout) F(DestroyDescriptorSetLayout) \
  F(CreatePipelineLayout) F(DestroyPipelineLayout) F(CreateComputePipelines) F(DestroyPipeline) \
  F(CreateDescriptorPool) F(DestroyDescriptorPool) F(ResetDescriptorPool) F(AllocateDescriptorSets) \
  F(UpdateDescriptorSets) F(CreateCommandPool) F(DestroyCommandPool) F(AllocateCommandBuffers) \
  F(BeginCommandBuffer) F(EndCommandBuffer) F(CmdBindPipeline) F(CmdBindDescriptorSets) F(CmdPushConstants) \
  F(CmdDispatch) F(CmdPipelineBarrier) F(CmdCopyBuffer) F(CmdFillBuffer) F(CreateFence) F(DestroyFence) \
  F(ResetFences) F(WaitForFences) F(QueueSubmit) F(CreateQueryPool) F(DestroyQueryPool) F(CmdResetQueryPool) \
  F(CmdWriteTimestamp) F(GetQueryPoolResults)
// clang-format on

// The loader's; null where there is no libvulkan.so.1 or it is older than 1.1.
struct Loader {
  PFN_vkGetInstanceProcAddr get = nullptr;
  PFN_vkCreateInstance create = nullptr;
  std::string missing;  // why there is none; empty: there is one
};
const Loader& loader();

#define REVERIE_VULKAN_MEMBER(name) PFN_vk##name name = nullptr;

struct InstanceApi {
  REVERIE_VULKAN_OF_INSTANCE(REVERIE_VULKAN_MEMBER)
  explicit InstanceApi(VkInstance instance);
};

struct DeviceApi {
  REVERIE_VULKAN_OF_DEVICE(REVERIE_VULKAN_MEMBER)
  DeviceApi(const InstanceApi& instance, VkDevice device);
};

#undef REVERIE_VULKAN_MEMBER

}  // namespace reverie::vulkan
