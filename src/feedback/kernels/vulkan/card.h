// A graphics card: the device that all Vulkan kernels of the process share, its memory, programs and
// commands.
#pragma once

#include <array>
#include <cstddef>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "core/error.h"
#include "feedback/kernels/kernel.h"
#include "feedback/kernels/vulkan/api.h"
#include "feedback/kernels/vulkan/job.h"

namespace reverie::vulkan {

// The card or its driver refused: no memory left, or the card is gone.
struct CardError : Error {
  using Error::Error;
};

struct CardInfo {
  std::string name;
  bool software = false;  // a driver that computes on the processor, such as lavapipe
  std::string missing;    // what the kernel needs and it lacks; empty: nothing
};

// The cards with a driver, best first: discrete, integrated, other, software.  why_none: set where there are
// none.
std::vector<CardInfo> list_cards(std::string& why_none);

enum class Shader { kEncode, kDecode, kMove, kMix, kSums, kHome, kShow, kFlow };

class Card;

// A shader with its constants.
class Program {
 public:
  Program(Card& card, Shader shader, const std::vector<int32_t>& constants);
  ~Program();
  Program(const Program&) = delete;
  Program& operator=(const Program&) = delete;

  VkPipeline handle() const { return pipeline_; }

 private:
  Card& card_;
  VkPipeline pipeline_ = nullptr;
};

class Card {
 public:
  // That of the process, opened when it is first needed or after it was lost.  CardError if there is none.
  static std::shared_ptr<Card> shared();

  Card();
  ~Card();
  Card(const Card&) = delete;
  Card& operator=(const Card&) = delete;

  const CardInfo& info() const { return info_; }
  const DeviceApi& api() const { return *api_; }
  VkDevice device() const { return device_; }
  uint32_t family() const { return family_; }
  VkPipelineLayout layout() const { return layout_; }
  VkDescriptorSetLayout bindings() const { return bindings_; }
  size_t largest_buffer() const { return limits_.maxStorageBufferRange; }
  double tick() const { return timestamps_ ? limits_.timestampPeriod * 1e-6 : 0; }  // ms; 0: it has no clock

  bool lost();  // for good: it does nothing any more

  // The first type that has all of `needed`, with `wished` too where there is one.
  uint32_t memory_type(uint32_t allowed, VkMemoryPropertyFlags needed, VkMemoryPropertyFlags wished) const;

  // Compiled when it is first asked for; kept as long as the card.
  const Program& program(Shader shader, const std::vector<int32_t>& constants = {});

  // From any thread.
  void submit(VkCommandBuffer commands, VkFence fence);

  // CardError unless it went well; what: what was to be done.
  void check(VkResult result, const char* what);

 private:
  void choose();
  void open();

  VkInstance instance_ = nullptr;
  std::unique_ptr<InstanceApi> instance_api_;
  VkPhysicalDevice physical_ = nullptr;
  CardInfo info_;
  VkPhysicalDeviceLimits limits_{};
  VkPhysicalDeviceMemoryProperties memory_{};
  uint32_t family_ = 0;
  bool timestamps_ = false;
  VkDevice device_ = nullptr;
  std::unique_ptr<DeviceApi> api_;
  VkQueue queue_ = nullptr;
  VkDescriptorSetLayout bindings_ = nullptr;
  VkPipelineLayout layout_ = nullptr;
  std::map<std::pair<Shader, std::vector<int32_t>>, std::unique_ptr<Program>> programs_;
  std::mutex programs_mutex_;
  std::mutex mutex_;  // of the queue and what follows
  long left_ = -1;    // submissions until the test hook REVERIE_VULKAN_LOSE_AFTER fails one; < 0: none
  bool lost_ = false;
};

// Memory on the card, or that both sides see.
class Buffer {
 public:
  enum class Kind { kCard, kUpload, kDownload };

  Buffer(std::shared_ptr<Card> card, size_t bytes, Kind kind = Kind::kCard);
  ~Buffer();
  Buffer(const Buffer&) = delete;
  Buffer& operator=(const Buffer&) = delete;

  VkBuffer handle() const { return buffer_; }
  size_t bytes() const { return bytes_; }
  template <class T>
  T* host() const {  // null with kCard
    return static_cast<T*>(host_);
  }

 private:
  void release();

  std::shared_ptr<Card> card_;
  size_t bytes_;
  VkBuffer buffer_ = nullptr;
  VkDeviceMemory memory_ = nullptr;
  void* host_ = nullptr;
};

using Bound = std::array<const Buffer*, kBindings>;  // by binding; null: not read
using Groups = std::array<int, 3>;

// The commands of one frame: opened, recorded, submitted, waited for.
class Commands {
 public:
  explicit Commands(std::shared_ptr<Card> card);
  ~Commands();
  Commands(const Commands&) = delete;
  Commands& operator=(const Commands&) = delete;

  // Begins to record, unless it does already; waits for what was submitted before.
  void open();
  void copy(const Buffer& from, const Buffer& to, size_t bytes);
  // Whatever follows sees what went before.
  void barrier();
  void dispatch(const Program& program, const Job& job, const Bound& bound, Groups groups, Dispatch cost);
  void submit();
  void wait();
  void drain() noexcept;  // waits, and does not mind how it ended
  void finish() {
    submit();
    wait();
  }

  // From now on every dispatch is timed, one after the other.
  void measure() { measured_ = true; }
  std::vector<Dispatch> costs();  // of the last submission

 private:
  VkDescriptorSet describe(const Bound& bound);
  void release();

  std::shared_ptr<Card> card_;
  VkCommandPool pool_ = nullptr;
  VkDescriptorPool descriptors_ = nullptr;
  VkQueryPool queries_ = nullptr;
  VkCommandBuffer buffer_ = nullptr;
  VkFence fence_ = nullptr;
  bool open_ = false, running_ = false, measured_ = false;
  std::vector<Dispatch> costs_;
};

}  // namespace reverie::vulkan
