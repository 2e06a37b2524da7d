// The processes that train one model together, data-parallel.
#pragma once

#include <torch/torch.h>

#include <memory>

namespace reverie {

// One process alone, or one of several joined through c10d: Gloo on the processor, NCCL on CUDA where
// LibTorch has it.  Who is who comes from the environment, as torchrun (RANK, WORLD_SIZE, MASTER_ADDR,
// MASTER_PORT), mpirun (OMPI_COMM_WORLD_RANK and _SIZE, or PMI_RANK and PMI_SIZE) or Slurm (SLURM_PROCID,
// SLURM_NTASKS) set it; MASTER_ADDR is 127.0.0.1 and MASTER_PORT 29500 where they are not set.
class Group {
 public:
  // Waits until all have come.  Error when they do not, or when the variables make no sense.
  explicit Group(torch::Device device = torch::kCPU);
  ~Group();
  Group(const Group&) = delete;
  Group& operator=(const Group&) = delete;

  int rank() const { return rank_; }
  int size() const { return size_; }
  bool first() const { return rank_ == 0; }  // the one that writes and speaks

  // Sums over all processes, in place, the same result for each.  Error when another one is gone.
  void sum(torch::Tensor& tensor);

 private:
  class Link;
  int rank_ = 0, size_ = 1;
  std::unique_ptr<Link> link_;
};

}  // namespace reverie
