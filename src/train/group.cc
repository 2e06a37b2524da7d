#include "train/group.h"

#include <fmt/format.h>

#include <chrono>
#include <torch/csrc/distributed/c10d/ProcessGroupGloo.hpp>
#if defined(USE_C10D_NCCL)
#include <torch/csrc/distributed/c10d/ProcessGroupNCCL.hpp>
#endif

#include "core/error.h"
#include "core/log.h"
#include "train/rendezvous.h"

namespace reverie {
namespace {

constexpr std::chrono::minutes kPatience(5);

}  // namespace

class Group::Link {
 public:
  Link(const ProcessRank& who, torch::Device device) {
    const auto [rank, size] = who;
    const MeetingPoint at = meeting_point();
    note(fmt::format("process {} of {} waits for {} at {}:{}", rank, size,
                     rank > 0    ? "process 0"
                     : size == 2 ? "process 1"
                                 : fmt::format("processes 1 to {}", size - 1),
                     at.address, at.port));
    auto store = open_store(who);
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
  const ProcessRank who = process_rank();
  rank_ = who.rank;
  size_ = who.size;
  if (size_ > 1) while_joining(who, [&] { link_ = std::make_unique<Link>(who, device); });
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
