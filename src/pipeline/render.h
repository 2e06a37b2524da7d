// A whole render on the offline clock: frame n is made for time n / fps, however long that takes.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "control/preset.h"
#include "media/source.h"
#include "pipeline/step.h"

namespace reverie {

struct RenderRequest {
  Preset preset;
  std::string input;          // a source as open_source() takes it; empty: none
  std::string output;         // a sink as open_sink() takes it
  int width = 0, height = 0;  // 0: the input's size, else 512x512
  double fps = 0;             // 0: the input's rate, else 30
  std::optional<int64_t> frames;
  std::optional<double> seconds;  // neither: the input's length, else the sound's, else 10 s
  double start = 0;               // seconds into the input
  bool loop = false;
  // A file whose sound is followed and goes into the output, from its beginning; empty: the input's own.
  std::string sound;
  std::optional<double> tempo;  // beats a minute; nothing: the sound's, else kDefaultTempo
  Fit fit = Fit::kCrop;
  uint64_t seed = 1;
  int threads = 0;  // 0: one per core
  std::string kernel = "auto";
  std::string sheet;                 // a picture file of evenly spaced frames; empty: none
  std::vector<std::string> without;  // steps that are switched off
  bool check = false, quiet = false;
};

struct RenderResult {
  int64_t frames = 0;
  int width = 0, height = 0;
  double fps = 0, seconds = 0;  // seconds: of work
  bool stopped = false;         // by Ctrl-C; what was done is kept
  std::string output;           // in words: file, codec, size, rate, sound
  std::vector<StepReport> steps;
};

// Error when something cannot be read or written; then no output file is left.
RenderResult render(const RenderRequest& request);

// The request that made a file of Reverie's, from the text that travels in it; output is left empty.
RenderRequest request_from_description(const std::string& text, const std::string& file);

}  // namespace reverie
