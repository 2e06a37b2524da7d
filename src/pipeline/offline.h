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

namespace reverie {

struct RenderResult {
  int64_t frames = 0;
  int width = 0, height = 0;
  double fps = 0, seconds = 0;  // seconds: of work
  bool stopped = false;         // by Ctrl-C; the result so far is kept
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
};

// Call before hours of work: Error if the sheet could not be written at the end.
void check_sheet(const std::string& sheet);

// Runs the loop to its end, to the requested length, or until Ctrl-C. before: called for each frame.  Error
// if something cannot be read or written; then no output file is left, unless only the sheet failed.  Without
// any frame there is no file either.
RenderResult play_offline(FrameLoopSetup setup, const OfflineOutput& output, std::optional<int64_t> frames,
                          const std::function<void(FrameLoop&)>& before = nullptr);

}  // namespace reverie
