// What every run on the offline clock has in common: a file, a sheet, a check, and how far it is.
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
  bool stopped = false;         // by Ctrl-C; what was done is kept
  std::string output;           // in words: file, codec, size, rate, sound
  std::vector<StepReport> steps;
};

struct OfflineOutput {
  std::string file;  // a sink as open_sink() takes it
  SinkOptions options;
  std::string sheet;                               // a picture file of evenly spaced frames; empty: none
  std::shared_ptr<CheckReport> checked = nullptr;  // told at the end
  bool quiet = false;                              // no progress
};

// Before hours of work: Error where the sheet cannot be written at their end.
void check_sheet(const std::string& sheet);

// Runs the loop to its end, to the wished length, or until Ctrl-C.  before: each frame.  Error when something
// cannot be read or written; then no output file is left, unless it is the sheet alone that failed.  Without
// a frame there is none either.
RenderResult play_offline(FrameLoopSetup setup, const OfflineOutput& output, std::optional<int64_t> frames,
                          const std::function<void(FrameLoop&)>& before = nullptr);

}  // namespace reverie
