// Plays the weights of a training as it learns.
#pragma once

#include <chrono>
#include <filesystem>

#include "control/desk.h"

namespace reverie {

// Each new model of a run is copied, and the copy faded in: a session names what was played, so that it can
// be rendered again long after the run has gone on.
class RunFollower {
 public:
  // run: the folder of a training, or a model file that is written again and again.  copies: the folder for
  // the copies.  Error if there is no such run, or no part of the chain has weights.
  RunFollower(const std::filesystem::path& run, std::filesystem::path copies, Desk& desk);

  // Call regularly; true if there was a new model, which is on its way.  Error if it cannot be copied.
  bool look();
  int models() const { return models_; }  // so far

 private:
  std::filesystem::path model_, copies_;
  Desk& desk_;
  std::filesystem::file_time_type seen_{};
  int models_ = 0;
};

}  // namespace reverie
