// Everything a run needs to continue as if it had never stopped.
#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "models/torch.h"

namespace reverie {

// The least loss on test pictures in a stage, and how many tests in a row since then were no better.
struct BestTest {
  int64_t stage = 0, iteration = 0;
  double loss = 0;
  int64_t worse = 0;
};

// The state of a run.  Random draws and the order of the pictures come from (seed, iteration), so the
// position in the data and the random state are just the iteration number.
struct Checkpoint {
  uint64_t seed = 0;
  int64_t stage = 0;      // index
  int64_t iteration = 0;  // of the whole run: number completed
  int64_t in_stage = 0;   // within the stage
  // What it was made by: the recipe, and words that tell the training pictures from others; empty: unknown,
  // as in version 0.1.
  std::string recipe, data;
  std::optional<BestTest> best;
  // Of each network of the task, and of each solver of the stage.
  std::vector<torch::Tensor> weights;  // [P]
  std::vector<torch::Tensor> buffers;  // [B]
  std::vector<torch::Tensor> solver;
};

// RUN/checkpoint.safetensors, written to a temporary file and renamed; nothing if there is none.
void write_checkpoint(const std::filesystem::path& run, const Checkpoint& checkpoint);
std::optional<Checkpoint> read_checkpoint(const std::filesystem::path& run);

}  // namespace reverie
