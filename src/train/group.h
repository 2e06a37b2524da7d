// The processes that train one model together, data-parallel.
#pragma once

#include <memory>

#include "models/torch.h"

namespace reverie {

// A single process, or one of several joined through c10d: Gloo on the CPU, NCCL on CUDA if LibTorch has it.
// Ranks come from the environment (core/processes.h).
class Group {
 public:
  // Says whom it waits for, and waits until all have joined; a stop (core/stop.h) during that ends the
  // program.  Error if they do not, or if the variables are invalid.
  explicit Group(torch::Device device = torch::kCPU);
  ~Group();
  Group(const Group&) = delete;
  Group& operator=(const Group&) = delete;

  int rank() const { return rank_; }
  int size() const { return size_; }
  bool first() const { return rank_ == 0; }  // the one that writes files and messages

  // Sums over all processes, in place, with the same result for each.  Error if another one is gone.
  void sum(torch::Tensor& tensor);

 private:
  class Link;
  int rank_ = 0, size_ = 1;
  std::unique_ptr<Link> link_;
};

}  // namespace reverie
