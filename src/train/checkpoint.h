// Everything a run needs to go on as if it had never stopped.
#pragma once

#include <torch/torch.h>

#include <cstdint>
#include <filesystem>
#include <optional>
#include <vector>

namespace reverie {

// Where a run stands.  Random draws and the order of the pictures come from (seed, iteration), so that the
// place in the data and the state of the random numbers are the iteration's number.
struct Checkpoint {
  uint64_t seed = 0;
  int64_t stage = 0;      // index
  int64_t iteration = 0;  // of the whole run: how many are done
  int64_t in_stage = 0;   // of the stage
  // Of each network of the task, and of each solver of the stage.
  std::vector<torch::Tensor> weights;  // [P]
  std::vector<torch::Tensor> buffers;  // [B]
  std::vector<torch::Tensor> solver;
};

// RUN/checkpoint.safetensors, written beside and renamed; nothing where there is none.
void write_checkpoint(const std::filesystem::path& run, const Checkpoint& checkpoint);
std::optional<Checkpoint> read_checkpoint(const std::filesystem::path& run);

}  // namespace reverie
