// A run: the folder that holds a training.
//
//   RUN/run.toml                 the recipe with all changes, and [run]: data, test, seed, threads, device
//   RUN/checkpoint.safetensors   its state, to the bit
//   RUN/model.safetensors        the model at that state
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
  bool resume = false;  // continue from the folder's checkpoint
  bool quiet = false;
  double checkpoint_seconds = 30;
};

enum class RunEnd { kDone, kStopped };

// Trains, and writes checkpoints regularly, at the end, on Ctrl-C, and when the loss is no longer finite (an
// Error then says so; the checkpoint is from the last good step).
RunEnd run_training(const RunOptions& options);

// The content of run.toml: recipe and settings.
RunOptions read_run(const std::filesystem::path& run);

}  // namespace reverie
