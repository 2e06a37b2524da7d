#include "feedback/kernels/vulkan/card.h"

namespace reverie::vulkan {
namespace {

constexpr uint32_t kMostDispatches = 512;
constexpr uint64_t kPatience = 120'000'000'000;  // ns: a frame that takes longer will not come

}  // namespace

Commands::Commands(std::shared_ptr<Card> card) : card_(std::move(card)) {
  const DeviceApi& api = card_->api();
  VkDevice device = card_->device();
  try {
    VkCommandPoolCreateInfo pool{};
    pool.sType = VK_STRUCTURE_TYPE_COMMAND_POOL_CREATE_INFO;
    pool.flags = VK_COMMAND_POOL_CREATE_RESET_COMMAND_BUFFER_BIT;
    pool.queueFamilyIndex = card_->family();
    card_->check(api.CreateCommandPool(device, &pool, nullptr, &pool_), "take commands");
    VkCommandBufferAllocateInfo buffer{};
    buffer.sType = VK_STRUCTURE_TYPE_COMMAND_BUFFER_ALLOCATE_INFO;
    buffer.commandPool = pool_;
    buffer.level = VK_COMMAND_BUFFER_LEVEL_PRIMARY;
    buffer.commandBufferCount = 1;
    card_->check(api.AllocateCommandBuffers(device, &buffer, &buffer_), "take commands");
    const VkDescriptorPoolSize size{VK_DESCRIPTOR_TYPE_STORAGE_BUFFER, kMostDispatches * kBindings};
    VkDescriptorPoolCreateInfo descriptors{};
    descriptors.sType = VK_STRUCTURE_TYPE_DESCRIPTOR_POOL_CREATE_INFO;
    descriptors.maxSets = kMostDispatches;
    descriptors.poolSizeCount = 1;
    descriptors.pPoolSizes = &size;
    card_->check(api.CreateDescriptorPool(device, &descriptors, nullptr, &descriptors_), "bind buffers");
    VkFenceCreateInfo fence{};
    fence.sType = VK_STRUCTURE_TYPE_FENCE_CREATE_INFO;
    card_->check(api.CreateFence(device, &fence, nullptr, &fence_), "be waited for");
    if (card_->tick() == 0) return;
    VkQueryPoolCreateInfo queries{};
    queries.sType = VK_STRUCTURE_TYPE_QUERY_POOL_CREATE_INFO;
    queries.queryType = VK_QUERY_TYPE_TIMESTAMP;
    queries.queryCount = 2 * kMostDispatches;
    card_->check(api.CreateQueryPool(device, &queries, nullptr, &queries_), "be timed");
  } catch (...) {
    release();
    throw;
  }
}

Commands::~Commands() {
  drain();
  release();
}

void Commands::release() {
  const DeviceApi& api = card_->api();
  VkDevice device = card_->device();
  api.DestroyQueryPool(device, queries_, nullptr);
  api.DestroyFence(device, fence_, nullptr);
  api.DestroyDescriptorPool(device, descriptors_, nullptr);
  api.DestroyCommandPool(device, pool_, nullptr);
}

void Commands::open() {
  if (open_) return;
  wait();
  const DeviceApi& api = card_->api();
  card_->check(api.ResetDescriptorPool(card_->device(), descriptors_, 0), "bind buffers");
  VkCommandBufferBeginInfo info{};
  info.sType = VK_STRUCTURE_TYPE_COMMAND_BUFFER_BEGIN_INFO;
  info.flags = VK_COMMAND_BUFFER_USAGE_ONE_TIME_SUBMIT_BIT;
  card_->check(api.BeginCommandBuffer(buffer_, &info), "take commands");
  if (measured_ && queries_ != nullptr) api.CmdResetQueryPool(buffer_, queries_, 0, 2 * kMostDispatches);
  costs_.clear();
  open_ = true;
}

void Commands::copy(const Buffer& from, const Buffer& to, size_t bytes) {
  const VkBufferCopy region{0, 0, bytes};
  card_->api().CmdCopyBuffer(buffer_, from.handle(), to.handle(), 1, &region);
}

void Commands::barrier() {
  constexpr VkPipelineStageFlags kStages =
      VK_PIPELINE_STAGE_COMPUTE_SHADER_BIT | VK_PIPELINE_STAGE_TRANSFER_BIT;
  VkMemoryBarrier memory{};
  memory.sType = VK_STRUCTURE_TYPE_MEMORY_BARRIER;
  memory.srcAccessMask = VK_ACCESS_SHADER_WRITE_BIT | VK_ACCESS_TRANSFER_WRITE_BIT;
  memory.dstAccessMask = VK_ACCESS_SHADER_READ_BIT | VK_ACCESS_SHADER_WRITE_BIT |
                         VK_ACCESS_TRANSFER_READ_BIT | VK_ACCESS_TRANSFER_WRITE_BIT;
  card_->api().CmdPipelineBarrier(buffer_, kStages, kStages, 0, 1, &memory, 0, nullptr, 0, nullptr);
}

VkDescriptorSet Commands::describe(const Bound& bound) {
  const DeviceApi& api = card_->api();
  VkDescriptorSetLayout layout = card_->bindings();
  VkDescriptorSetAllocateInfo info{};
  info.sType = VK_STRUCTURE_TYPE_DESCRIPTOR_SET_ALLOCATE_INFO;
  info.descriptorPool = descriptors_;
  info.descriptorSetCount = 1;
  info.pSetLayouts = &layout;
  VkDescriptorSet set = nullptr;
  card_->check(api.AllocateDescriptorSets(card_->device(), &info, &set), "bind buffers");
  std::array<VkDescriptorBufferInfo, kBindings> buffers{};
  std::array<VkWriteDescriptorSet, kBindings> writes{};
  for (uint32_t i = 0; i < kBindings; ++i) {
    const Buffer* buffer = bound[i] != nullptr ? bound[i] : bound[0];
    buffers[i] = {buffer->handle(), 0, VK_WHOLE_SIZE};
    writes[i].sType = VK_STRUCTURE_TYPE_WRITE_DESCRIPTOR_SET;
    writes[i].dstSet = set;
    writes[i].dstBinding = i;
    writes[i].descriptorCount = 1;
    writes[i].descriptorType = VK_DESCRIPTOR_TYPE_STORAGE_BUFFER;
    writes[i].pBufferInfo = &buffers[i];
  }
  api.UpdateDescriptorSets(card_->device(), kBindings, writes.data(), 0, nullptr);
  return set;
}

void Commands::dispatch(const Program& program, const Job& job, const Bound& bound, Groups groups,
                        Dispatch cost) {
  const DeviceApi& api = card_->api();
  VkDescriptorSet set = describe(bound);
  const auto query = static_cast<uint32_t>(2 * costs_.size());
  const bool timed = measured_ && queries_ != nullptr;
  api.CmdBindPipeline(buffer_, VK_PIPELINE_BIND_POINT_COMPUTE, program.handle());
  api.CmdBindDescriptorSets(buffer_, VK_PIPELINE_BIND_POINT_COMPUTE, card_->layout(), 0, 1, &set, 0, nullptr);
  api.CmdPushConstants(buffer_, card_->layout(), VK_SHADER_STAGE_COMPUTE_BIT, 0, sizeof(job), &job);
  if (timed) api.CmdWriteTimestamp(buffer_, VK_PIPELINE_STAGE_BOTTOM_OF_PIPE_BIT, queries_, query);
  api.CmdDispatch(buffer_, static_cast<uint32_t>(groups[0]), static_cast<uint32_t>(groups[1]),
                  static_cast<uint32_t>(groups[2]));
  if (timed) {
    api.CmdWriteTimestamp(buffer_, VK_PIPELINE_STAGE_BOTTOM_OF_PIPE_BIT, queries_, query + 1);
    barrier();  // so that the next one's time is its own
  }
  costs_.push_back(std::move(cost));
}

void Commands::submit() {
  open_ = false;
  // what the processor reads, once it has waited
  VkMemoryBarrier memory{};
  memory.sType = VK_STRUCTURE_TYPE_MEMORY_BARRIER;
  memory.srcAccessMask = VK_ACCESS_SHADER_WRITE_BIT | VK_ACCESS_TRANSFER_WRITE_BIT;
  memory.dstAccessMask = VK_ACCESS_HOST_READ_BIT;
  const DeviceApi& api = card_->api();
  api.CmdPipelineBarrier(buffer_, VK_PIPELINE_STAGE_COMPUTE_SHADER_BIT | VK_PIPELINE_STAGE_TRANSFER_BIT,
                         VK_PIPELINE_STAGE_HOST_BIT, 0, 1, &memory, 0, nullptr, 0, nullptr);
  card_->check(api.EndCommandBuffer(buffer_), "take commands");
  card_->check(api.ResetFences(card_->device(), 1, &fence_), "be waited for");
  card_->submit(buffer_, fence_);
  running_ = true;
}

void Commands::wait() {
  if (!running_) return;
  running_ = false;
  const VkResult result = card_->api().WaitForFences(card_->device(), 1, &fence_, VK_TRUE, kPatience);
  card_->check(result == VK_TIMEOUT ? VK_ERROR_DEVICE_LOST : result, "finish a frame");
}

void Commands::drain() noexcept {
  if (running_) card_->api().WaitForFences(card_->device(), 1, &fence_, VK_TRUE, kPatience);
  running_ = false;
}

std::vector<Dispatch> Commands::costs() {
  wait();
  if (!measured_ || queries_ == nullptr || costs_.empty()) return costs_;
  std::vector<uint64_t> ticks(2 * costs_.size());
  const VkResult result = card_->api().GetQueryPoolResults(
      card_->device(), queries_, 0, static_cast<uint32_t>(ticks.size()), ticks.size() * sizeof(uint64_t),
      ticks.data(), sizeof(uint64_t), VK_QUERY_RESULT_64_BIT | VK_QUERY_RESULT_WAIT_BIT);
  card_->check(result, "be timed");
  for (size_t i = 0; i < costs_.size(); ++i)
    costs_[i].ms = static_cast<double>(ticks[2 * i + 1] - ticks[2 * i]) * card_->tick();
  return costs_;
}

}  // namespace reverie::vulkan
