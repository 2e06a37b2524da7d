// A run: the folder that a training leaves.
//
//   RUN/run.toml                 the recipe with all changes, and [run]: data, test, seed, threads, device
//   RUN/checkpoint.safetensors   where it stands, to the bit
//   RUN/model.safetensors        the model as of then
//   RUN/events.out.tfevents.*    for TensorBoard: losses, rate, sheets, histograms of the weights
//   RUN/sheets/*.png             reconstructions of the first test pictures
#pragma once

#include <filesystem>

#include "train/trainer.h"

namespace reverie {

struct RunOptions {
  Recipe recipe;
  RunSettings settings;
  std::filesystem::path run;
  bool resume = false;  // go on from the folder's checkpoint
  bool quiet = false;
  double checkpoint_seconds = 30;
};

enum class RunEnd { kDone, kStopped };

// Trains, writes checkpoints on the way, at the end, on Ctrl-C, and when the loss is no longer finite (an
// Error then says so; the checkpoint is of the last good step).
RunEnd run_training(const RunOptions& options);

// What run.toml says: recipe and settings.
RunOptions read_run(const std::filesystem::path& run);

}  // namespace reverie
