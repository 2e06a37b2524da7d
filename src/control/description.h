// The metadata stored in a rendered file, so that `reverie render --again FILE` repeats the render.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "control/chain.h"
#include "core/deinterlace.h"
#include "core/fit.h"

namespace reverie {

// Everything that determines the pictures of a render.
struct RenderSettings {
  Chain chain = Preset();
  uint64_t seed = 1;
  int width = 0, height = 0;      // pixels; 0: the input's size, else 512x512
  double fps = 0;                 // 0: the input's rate, else 30
  std::optional<int64_t> frames;  // nothing: as many as the input has, else as long as the sound, else 10 s
  std::string kernel = "auto";
  std::string input;     // a source as open_source() takes it; empty: none
  double start = 0;      // seconds into the input
  bool loop = false;     // loop the input
  Fit fit = Fit::kCrop;  // how the input fills the frame
  Deinterlace deinterlace = Deinterlace::kAuto;
  std::vector<std::string> without;  // steps that are switched off
  // A file whose sound is followed and added to the output, from its beginning; empty: the input's own.
  std::string sound;
  std::optional<double> tempo;  // beats per minute; nothing: that of the sound, else kDefaultTempo
  int threads = 0;              // 0: one per core; described only where the pictures depend on it
};

struct RenderDescription : RenderSettings {
  std::string version;  // of the Reverie that rendered it
};

// TOML whose first line is "# reverie render 1", then the preset without its parents, then a table [render];
// or "# reverie render 2" with a chain.
// Parsing gives exactly the same again if its texts are UTF-8 without zero characters.
std::string format_description(const RenderDescription& description);

// Error "FILE:LINE: why" for any text that format_description() would not write; any bytes are safe.
RenderDescription parse_description(std::string_view text, const std::string& file_name);

}  // namespace reverie
