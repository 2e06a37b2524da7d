#include "train/group.h"

#include <fmt/format.h>

#include <chrono>
#include <cstdlib>
#include <thread>
#include <torch/csrc/distributed/c10d/ProcessGroupGloo.hpp>
#include <torch/csrc/distributed/c10d/TCPStore.hpp>
#if defined(USE_C10D_NCCL)
#include <torch/csrc/distributed/c10d/ProcessGroupNCCL.hpp>
#endif

#include "core/error.h"
#include "core/log.h"
#include "core/stop.h"
#include "core/text.h"

namespace reverie {
namespace {

constexpr int kMostProcesses = 65536;
constexpr int kUsualPort = 29500;
constexpr std::chrono::minutes kPatience(5);

std::optional<int> variable(const char* name, int low, int high) {
  const char* text = std::getenv(name);
  if (!text || !*text) return {};
  const std::optional<double> value = to_number(text);
  if (!value || *value != std::floor(*value) || *value < low || *value > high)
    throw Error("join the other processes", fmt::format("{}={}", name, text),
                fmt::format("it must be {} to {}", low, high));
  return static_cast<int>(*value);
}

struct Place {
  int rank = 0, size = 1;
};

Place find_place() {
  const char* const names[][2] = {{"RANK", "WORLD_SIZE"},
                                  {"OMPI_COMM_WORLD_RANK", "OMPI_COMM_WORLD_SIZE"},
                                  {"PMI_RANK", "PMI_SIZE"},
                                  {"SLURM_PROCID", "SLURM_NTASKS"}};
  for (const auto& [rank_name, size_name] : names) {
    const auto size = variable(size_name, 1, kMostProcesses);
    const auto rank = variable(rank_name, 0, kMostProcesses - 1);
    if (!size || !rank) continue;
    if (*rank >= *size)
      throw Error("join the other processes", fmt::format("{}={}", rank_name, *rank),
                  fmt::format("there are only {} ({})", *size, size_name));
    return {*rank, *size};
  }
  return {};
}

// LibTorch 2 wants libuv unless told otherwise, and Debian builds it without.
template <typename Options>
void without_libuv(Options& options) {
  if constexpr (requires { options.useLibUV; }) options.useLibUV = false;
}

// A run is begun only when all have joined, so who is told to stop before that has nothing to keep.
[[noreturn]] void end_waiting() {
  note("stopped while it waited for other processes; nothing was written");
  std::_Exit(130);
}

// LibTorch's waits cannot be told to end: while one of these lives, another thread looks.
class EndOnStop {
 public:
  EndOnStop()
      : watch_([](const std::stop_token& over) {
          while (!over.stop_requested()) {
            if (stop_requested()) end_waiting();
            std::this_thread::sleep_for(std::chrono::milliseconds(20));
          }
        }) {}

 private:
  std::jthread watch_;
};

}  // namespace

class Group::Link {
 public:
  Link(int rank, int size, torch::Device device) {
    const char* named = std::getenv("MASTER_ADDR");
    const std::string address = named ? named : "127.0.0.1";
    c10d::TCPStoreOptions options;
    options.port = static_cast<uint16_t>(variable("MASTER_PORT", 1, 65535).value_or(kUsualPort));
    note(fmt::format("process {} of {} waits for {} at {}:{}", rank, size,
                     rank > 0    ? "process 0"
                     : size == 2 ? "process 1"
                                 : fmt::format("processes 1 to {}", size - 1),
                     address, options.port));
    const EndOnStop end;
    options.isServer = rank == 0;
    options.timeout = kPatience;
    without_libuv(options);
    // torchrun runs its own store on that port
    const char* agent = std::getenv("TORCHELASTIC_USE_AGENT_STORE");
    if (agent && std::string_view(agent) == "True") options.isServer = false;
    auto store = c10::make_intrusive<c10d::TCPStore>(address, options);
    if (device.is_cuda()) {
#if defined(USE_C10D_NCCL)
      backend_ = c10::make_intrusive<c10d::ProcessGroupNCCL>(store, rank, size);
      return;
#else
      throw Error("join the other processes", "", "this LibTorch has no NCCL", "train with --device cpu");
#endif
    }
    auto gloo = c10d::ProcessGroupGloo::Options::create();
    gloo->timeout = kPatience;
    gloo->threads = 1;
    gloo->devices.push_back(c10d::ProcessGroupGloo::createDefaultDevice());
    backend_ = c10::make_intrusive<c10d::ProcessGroupGloo>(store, rank, size, gloo);
  }

  void sum(torch::Tensor& tensor) {
    std::vector<torch::Tensor> tensors = {tensor};
    backend_->allreduce(tensors)->wait();
  }

 private:
#if defined(USE_C10D_NCCL)
  c10::intrusive_ptr<c10d::ProcessGroup> backend_;
#else
  c10::intrusive_ptr<c10d::ProcessGroupGloo> backend_;
#endif
};

Group::Group(torch::Device device) {
  const Place place = find_place();
  rank_ = place.rank;
  size_ = place.size;
  if (size_ == 1) return;
  try {
    link_ = std::make_unique<Link>(rank_, size_, device);
  } catch (const c10::Error& e) {
    if (stop_requested()) end_waiting();  // a signal has interrupted it
    throw Error("join the other processes", fmt::format("as {} of {}", rank_, size_),
                std::string(e.what_without_backtrace()), "see MASTER_ADDR and MASTER_PORT");
  } catch (const std::runtime_error& e) {
    if (stop_requested()) end_waiting();  // a signal has interrupted it
    throw Error("join the other processes", fmt::format("as {} of {}", rank_, size_), e.what(),
                "see MASTER_ADDR and MASTER_PORT");
  }
}

Group::~Group() = default;

void Group::sum(torch::Tensor& tensor) {
  if (!link_) return;
  try {
    link_->sum(tensor);
  } catch (const std::exception& e) {
    throw Error("continue", "training", fmt::format("another process is gone: {}", e.what()),
                "restart all processes with --resume");
  }
}

}  // namespace reverie
