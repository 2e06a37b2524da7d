// What a job keeps on the disk until it is finished, so that the same command goes on where it stopped.
#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "core/file.h"
#include "core/state.h"

namespace reverie {

// What must be the same for a job to go on.
struct JobIdentity {
  std::string description;         // everything that determines its pictures, as lines
  std::vector<std::string> reads;  // files and folders: their sizes and dates are compared
};

// The folder work_folder(target) of media/sink.h; state.safetensors in it is always whole, whenever the
// process ends.
class Resumption {
 public:
  // Error if a job of another identity lies there, if its state is damaged, or if another process is at it.
  Resumption(const std::string& target, JobIdentity job);
  ~Resumption();  // removes the folder where nothing has been kept
  Resumption(const Resumption&) = delete;
  Resumption& operator=(const Resumption&) = delete;

  // Where it stopped; null: it begins.
  const State* state() const { return state_ ? &*state_ : nullptr; }
  // It is finished already, with so many frames.
  std::optional<int64_t> finished() const { return finished_; }

  // Replaces the state; outlasts a power cut.  Error if it cannot be written: then the last one is still
  // there.
  void keep(State state);
  // Nothing is left but what there is to show.  Numbered pictures say that they are finished in a state of
  // their own; other files say so themselves.
  void finish(int64_t frames);

 private:
  void write(const State& state) const;
  void compare(const State& before) const;

  std::filesystem::path folder_, file_;
  std::string target_;
  JobIdentity job_;
  std::string reads_;  // as lines
  bool pictures_;
  std::optional<FolderLock> lock_;
  std::optional<State> state_;
  std::optional<int64_t> finished_;
};

}  // namespace reverie
