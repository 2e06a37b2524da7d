// What travels in a rendered file's metadata, so that `reverie render --again FILE` repeats the render.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "control/preset.h"
#include "core/fit.h"

namespace reverie {

struct RenderDescription {
  Preset preset;
  uint64_t seed = 0;
  int width = 0, height = 0;  // pixels
  double fps = 0;
  std::optional<int64_t> frames;  // rendered; nothing: as many as the input has
  std::string kernel;
  std::string input;  // as the command line named it; empty: none
  double start = 0;   // seconds into the input
  bool loop = false;  // the input over and over
  std::string sound;  // that was followed and played, as the command line named it; empty: the input's
  std::optional<double> tempo;       // beats a minute; nothing: the sound's
  Fit fit = Fit::kCrop;              // how the input fills the frame
  std::vector<std::string> without;  // steps that were switched off
  std::string version;               // of the Reverie that rendered it
};

// TOML whose first line is "# reverie render 1", then the preset without its parents, then a table [render].
// Parses back to the same, to the last bit, if its texts are UTF-8 without zero characters.
std::string format_description(const RenderDescription& description);

// Error "FILE:LINE: why" for any text that format_description() would not write; any bytes are safe.
RenderDescription parse_description(std::string_view text, const std::string& file_name);

}  // namespace reverie
