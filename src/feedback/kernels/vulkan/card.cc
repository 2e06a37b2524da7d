#include "feedback/kernels/vulkan/card.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstdlib>
#include <optional>

namespace reverie::vulkan {
namespace {

struct Found {
  VkPhysicalDevice device = nullptr;
  VkPhysicalDeviceProperties properties{};
  uint32_t family = 0;
  bool timestamps = false;
  CardInfo info;
};

int rank(VkPhysicalDeviceType type) {
  switch (type) {
    case VK_PHYSICAL_DEVICE_TYPE_DISCRETE_GPU:
      return 0;
    case VK_PHYSICAL_DEVICE_TYPE_INTEGRATED_GPU:
      return 1;
    case VK_PHYSICAL_DEVICE_TYPE_CPU:
      return 3;
    default:
      return 2;
  }
}

VkInstance make_instance() {
  VkApplicationInfo application{};
  application.sType = VK_STRUCTURE_TYPE_APPLICATION_INFO;
  application.pApplicationName = "reverie";
  application.apiVersion = VK_API_VERSION_1_1;
  VkInstanceCreateInfo info{};
  info.sType = VK_STRUCTURE_TYPE_INSTANCE_CREATE_INFO;
  info.pApplicationInfo = &application;
  VkInstance instance = nullptr;
  return loader().create != nullptr && loader().create(&info, nullptr, &instance) == VK_SUCCESS ? instance
                                                                                                : nullptr;
}

std::string what_is_missing(const VkPhysicalDeviceProperties& p, bool computes) {
  if (p.apiVersion < VK_API_VERSION_1_1) return "its driver knows no Vulkan 1.1";
  if (!computes) return "it has no queue that computes";
  if (p.limits.maxPerStageDescriptorStorageBuffers < kBindings)
    return fmt::format("it binds {} buffers at a time, and the kernel needs {}",
                       p.limits.maxPerStageDescriptorStorageBuffers, kBindings);
  return "";
}

std::vector<Found> find_cards(const InstanceApi& api, VkInstance instance) {
  uint32_t count = 0;
  if (api.EnumeratePhysicalDevices(instance, &count, nullptr) != VK_SUCCESS) return {};
  std::vector<VkPhysicalDevice> devices(count);
  if (api.EnumeratePhysicalDevices(instance, &count, devices.data()) < VK_SUCCESS) return {};
  devices.resize(count);
  std::vector<Found> all;
  for (VkPhysicalDevice device : devices) {
    Found f;
    f.device = device;
    api.GetPhysicalDeviceProperties(device, &f.properties);
    uint32_t families = 0;
    api.GetPhysicalDeviceQueueFamilyProperties(device, &families, nullptr);
    std::vector<VkQueueFamilyProperties> queues(families);
    api.GetPhysicalDeviceQueueFamilyProperties(device, &families, queues.data());
    const auto queue = std::find_if(queues.begin(), queues.end(), [](const VkQueueFamilyProperties& q) {
      return (q.queueFlags & VK_QUEUE_COMPUTE_BIT) != 0;
    });
    const bool computes = queue != queues.end();
    f.family = computes ? static_cast<uint32_t>(queue - queues.begin()) : 0;
    f.timestamps = computes && queue->timestampValidBits > 0;
    f.info = {f.properties.deviceName, f.properties.deviceType == VK_PHYSICAL_DEVICE_TYPE_CPU,
              what_is_missing(f.properties, computes)};
    all.push_back(f);
  }
  std::stable_sort(all.begin(), all.end(), [](const Found& a, const Found& b) {
    return rank(a.properties.deviceType) < rank(b.properties.deviceType);
  });
  return all;
}

constexpr const char* kNoDriver = "no driver of a graphics card knows Vulkan";
constexpr const char* kAdvice = "install the card's Vulkan driver, or choose --kernel cpu";

std::optional<long> submissions_to_lose() {
  const char* text = std::getenv("REVERIE_VULKAN_LOSE_AFTER");  // NOLINT(concurrency-mt-unsafe)
  if (text == nullptr || *text == '\0') return std::nullopt;
  return std::strtol(text, nullptr, 10);
}

}  // namespace

std::vector<CardInfo> list_cards(std::string& why_none) {
  why_none = loader().missing;
  if (!why_none.empty()) return {};
  why_none = kNoDriver;
  VkInstance instance = make_instance();
  if (instance == nullptr) return {};
  const InstanceApi api(instance);
  std::vector<CardInfo> cards;
  for (const Found& f : find_cards(api, instance)) cards.push_back(f.info);
  api.DestroyInstance(instance, nullptr);
  if (!cards.empty()) why_none.clear();
  return cards;
}

std::shared_ptr<Card> Card::shared() {
  static std::mutex mutex;
  static std::weak_ptr<Card> known;
  const std::lock_guard lock(mutex);
  std::shared_ptr<Card> card = known.lock();
  if (card && !card->lost()) return card;
  card = std::make_shared<Card>();
  known = card;
  return card;
}

Card::Card() {
  if (!loader().missing.empty()) throw CardError("use", "the graphics card", loader().missing, kAdvice);
  instance_ = make_instance();
  if (instance_ == nullptr) throw CardError("use", "the graphics card", kNoDriver, kAdvice);
  instance_api_ = std::make_unique<InstanceApi>(instance_);
  try {
    choose();
    open();
  } catch (...) {
    if (device_ != nullptr) api_->DestroyDevice(device_, nullptr);
    instance_api_->DestroyInstance(instance_, nullptr);
    throw;
  }
  left_ = submissions_to_lose().value_or(-1);
}

Card::~Card() {
  api_->DeviceWaitIdle(device_);
  programs_.clear();
  api_->DestroyPipelineLayout(device_, layout_, nullptr);
  api_->DestroyDescriptorSetLayout(device_, bindings_, nullptr);
  api_->DestroyDevice(device_, nullptr);
  instance_api_->DestroyInstance(instance_, nullptr);
}

void Card::choose() {
  const std::vector<Found> all = find_cards(*instance_api_, instance_);
  if (all.empty()) throw CardError("use", "the graphics card", kNoDriver, kAdvice);
  const auto good =
      std::find_if(all.begin(), all.end(), [](const Found& f) { return f.info.missing.empty(); });
  if (good == all.end()) throw CardError("use", all.front().info.name, all.front().info.missing, kAdvice);
  physical_ = good->device;
  family_ = good->family;
  timestamps_ = good->timestamps;
  limits_ = good->properties.limits;
  info_ = good->info;
  instance_api_->GetPhysicalDeviceMemoryProperties(physical_, &memory_);
}

void Card::open() {
  const float priority = 1;
  VkDeviceQueueCreateInfo queue{};
  queue.sType = VK_STRUCTURE_TYPE_DEVICE_QUEUE_CREATE_INFO;
  queue.queueFamilyIndex = family_;
  queue.queueCount = 1;
  queue.pQueuePriorities = &priority;
  VkDeviceCreateInfo info{};
  info.sType = VK_STRUCTURE_TYPE_DEVICE_CREATE_INFO;
  info.queueCreateInfoCount = 1;
  info.pQueueCreateInfos = &queue;
  check(instance_api_->CreateDevice(physical_, &info, nullptr, &device_), "open it");
  api_ = std::make_unique<DeviceApi>(*instance_api_, device_);
  api_->GetDeviceQueue(device_, family_, 0, &queue_);

  std::array<VkDescriptorSetLayoutBinding, kBindings> bindings{};
  for (uint32_t i = 0; i < kBindings; ++i)
    bindings[i] = {i, VK_DESCRIPTOR_TYPE_STORAGE_BUFFER, 1, VK_SHADER_STAGE_COMPUTE_BIT, nullptr};
  VkDescriptorSetLayoutCreateInfo set{};
  set.sType = VK_STRUCTURE_TYPE_DESCRIPTOR_SET_LAYOUT_CREATE_INFO;
  set.bindingCount = kBindings;
  set.pBindings = bindings.data();
  check(api_->CreateDescriptorSetLayout(device_, &set, nullptr, &bindings_), "describe its buffers");
  const VkPushConstantRange push{VK_SHADER_STAGE_COMPUTE_BIT, 0, sizeof(Job)};
  VkPipelineLayoutCreateInfo layout{};
  layout.sType = VK_STRUCTURE_TYPE_PIPELINE_LAYOUT_CREATE_INFO;
  layout.setLayoutCount = 1;
  layout.pSetLayouts = &bindings_;
  layout.pushConstantRangeCount = 1;
  layout.pPushConstantRanges = &push;
  check(api_->CreatePipelineLayout(device_, &layout, nullptr, &layout_), "describe its programs");
}

bool Card::lost() {
  const std::lock_guard lock(mutex_);
  return lost_;
}

uint32_t Card::memory_type(uint32_t allowed, VkMemoryPropertyFlags needed,
                           VkMemoryPropertyFlags wished) const {
  for (const VkMemoryPropertyFlags flags : {needed | wished, needed}) {
    for (uint32_t i = 0; i < memory_.memoryTypeCount; ++i) {
      const bool fits = (memory_.memoryTypes[i].propertyFlags & flags) == flags;
      if ((allowed >> i & 1U) != 0 && fits) return i;
    }
  }
  throw CardError("use", info_.name, "it has no memory of the kind that is needed", kAdvice);
}

const Program& Card::program(Shader shader, const std::vector<int32_t>& constants) {
  const std::lock_guard lock(programs_mutex_);
  std::unique_ptr<Program>& program = programs_[{shader, constants}];
  if (!program) program = std::make_unique<Program>(*this, shader, constants);
  return *program;
}

void Card::submit(VkCommandBuffer commands, VkFence fence) {
  VkSubmitInfo info{};
  info.sType = VK_STRUCTURE_TYPE_SUBMIT_INFO;
  info.commandBufferCount = 1;
  info.pCommandBuffers = &commands;
  VkResult result = VK_ERROR_DEVICE_LOST;
  {
    const std::lock_guard lock(mutex_);
    if (left_ != 0) result = api_->QueueSubmit(queue_, 1, &info, fence);
    if (left_ > 0) --left_;
  }
  check(result, "hand it work");
}

void Card::check(VkResult result, const char* what) {
  switch (result) {
    case VK_SUCCESS:
      return;
    case VK_ERROR_OUT_OF_DEVICE_MEMORY:
    case VK_ERROR_OUT_OF_HOST_MEMORY:
      throw CardError("use", info_.name, fmt::format("too little memory to {}", what),
                      "choose a smaller --size, fewer levels or --kernel cpu");
    case VK_ERROR_DEVICE_LOST: {
      const std::lock_guard lock(mutex_);
      lost_ = true;
      throw CardError("use", info_.name, "the card was lost: its driver took it away",
                      "start again, or choose --kernel cpu");
    }
    default:
      throw CardError(
          "use", info_.name,
          fmt::format("its driver failed to {} (Vulkan error {})", what, static_cast<int>(result)), kAdvice);
  }
}

Buffer::Buffer(std::shared_ptr<Card> card, size_t bytes, Kind kind)
    : card_(std::move(card)), bytes_(std::max<size_t>(bytes, 16)) {
  if (bytes_ > card_->largest_buffer())
    throw CardError("use", card_->info().name,
                    fmt::format("a buffer of {} MB is needed, and it binds at most {} MB", bytes_ >> 20U,
                                card_->largest_buffer() >> 20U),
                    "choose a smaller --size, fewer levels or --kernel cpu");
  const DeviceApi& api = card_->api();
  VkBufferCreateInfo info{};
  info.sType = VK_STRUCTURE_TYPE_BUFFER_CREATE_INFO;
  info.size = bytes_;
  info.usage = VK_BUFFER_USAGE_STORAGE_BUFFER_BIT | VK_BUFFER_USAGE_TRANSFER_SRC_BIT |
               VK_BUFFER_USAGE_TRANSFER_DST_BIT;
  try {
    card_->check(api.CreateBuffer(card_->device(), &info, nullptr, &buffer_), "make a buffer");
    VkMemoryRequirements needs{};
    api.GetBufferMemoryRequirements(card_->device(), buffer_, &needs);
    constexpr VkMemoryPropertyFlags kSeen =
        VK_MEMORY_PROPERTY_HOST_VISIBLE_BIT | VK_MEMORY_PROPERTY_HOST_COHERENT_BIT;
    VkMemoryAllocateInfo memory{};
    memory.sType = VK_STRUCTURE_TYPE_MEMORY_ALLOCATE_INFO;
    memory.allocationSize = needs.size;
    memory.memoryTypeIndex =
        kind == Kind::kCard
            ? card_->memory_type(needs.memoryTypeBits, 0, VK_MEMORY_PROPERTY_DEVICE_LOCAL_BIT)
            : card_->memory_type(needs.memoryTypeBits, kSeen,
                                 kind == Kind::kDownload ? VK_MEMORY_PROPERTY_HOST_CACHED_BIT : 0);
    card_->check(api.AllocateMemory(card_->device(), &memory, nullptr, &memory_), "hold the levels");
    card_->check(api.BindBufferMemory(card_->device(), buffer_, memory_, 0), "hold the levels");
    if (kind != Kind::kCard)
      card_->check(api.MapMemory(card_->device(), memory_, 0, VK_WHOLE_SIZE, 0, &host_), "see its memory");
  } catch (...) {
    release();
    throw;
  }
}

Buffer::~Buffer() {
  release();
}

void Buffer::release() {
  card_->api().DestroyBuffer(card_->device(), buffer_, nullptr);
  card_->api().FreeMemory(card_->device(), memory_, nullptr);
}

}  // namespace reverie::vulkan
