// A run: the folder that holds a training.
//
// clang-format off
//   RUN/run.toml                 the recipe with all changes, and [run]: data, test, leave_out, seed, threads, device
//   RUN/checkpoint.safetensors   its state, to the bit
//   RUN/model.safetensors        the model at that state, or with keep = "best" that of the best test
//   RUN/events.out.tfevents.*    for TensorBoard: losses, rate, sheets, histograms of the weights
//   RUN/sheets/*.png             reconstructions of the first test pictures
//   RUN/film/*.png               the same every so many iterations, if a film is wanted
// clang-format on
#pragma once

#include <filesystem>

#include "train/run_log.h"
#include "train/trainer.h"

namespace reverie {

struct RunOptions {
  Recipe recipe;
  RunSettings settings;
  std::filesystem::path run;
  bool resume = false;  // continue from the folder's checkpoint
  bool quiet = false;
  double checkpoint_seconds = 30;
  RunViews views;
};

enum class RunEnd { kDone, kStopped };

// Trains, and writes checkpoints regularly, at the end, on Ctrl-C, and when the loss is no longer finite (an
// Error then says so; the checkpoint is from the last good step).
RunEnd run_training(const RunOptions& options);

// LibTorch's threads for a wish, 0: one per core; from four cores on, one core is left to the thread that
// prepares the batches.
void set_training_threads(int wish);

// The model that the recipe's `start` names, or null.
std::unique_ptr<Model> start_model(const RunOptions& options);

// The content of run.toml: recipe and settings.
RunOptions read_run(const std::filesystem::path& run);

}  // namespace reverie
