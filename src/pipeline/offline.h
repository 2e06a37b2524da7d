// Shared by all offline runs: a file, a sheet, a check, and progress.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "media/sink.h"
#include "pipeline/frame_loop.h"
#include "pipeline/resume.h"

namespace reverie {

struct RenderResult {
  int64_t frames = 0;
  int width = 0, height = 0;
  double fps = 0, seconds = 0;  // seconds: of work
  bool stopped = false;         // by Ctrl-C; the result so far is kept
  bool waits = false;           // ... in the job's folder: it can be gone on with
  bool was_finished = false;    // by an earlier job: nothing was done
  std::string output;           // description: file, codec, size, rate, sound
  std::vector<StepReport> steps;
};

struct OfflineOutput {
  std::string file;  // a sink as open_sink() takes it
  SinkOptions options;
  std::string sheet;                               // a picture file of evenly spaced frames; empty: none
  std::shared_ptr<CheckReport> checked = nullptr;  // reported at the end
  bool quiet = false;                              // no progress
  std::optional<int64_t> expected = {};            // frames, for progress, if their number is not limited
  // Before the first frame, unless it goes on: what looks at the whole input first.
  std::function<void(ChainPlayer&)> first_pass = nullptr;
  std::optional<JobIdentity> job = {};  // goes on where a job of this identity stopped
};

// Call before hours of work: Error if the sheet could not be written at the end.
void check_sheet(const std::string& sheet);

// Runs the loop to its end, to the requested length, or until Ctrl-C. before: called for each frame.  Error
// if something cannot be read or written; then no output file is left, unless only the sheet failed.  Without
// any frame there is no file either.  With a job nothing that was made is lost, however it ends: its state is
// kept about every second, less often where that takes more than a fiftieth of the time.
RenderResult play_offline(FrameLoopSetup setup, const OfflineOutput& output, std::optional<int64_t> frames,
                          const std::function<void(FrameLoop&)>& before = nullptr);

}  // namespace reverie
