// A whole offline render: frame n shows time n / fps, however long it takes to compute.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "control/description.h"
#include "pipeline/offline.h"

namespace reverie {

struct RenderRequest : RenderSettings {
  std::string output;             // a sink as open_sink() takes it
  std::optional<double> seconds;  // instead of frames
  std::string sheet;              // a picture file of evenly spaced frames; empty: none
  bool check = false, quiet = false;
  bool resume = false;  // goes on where a render of the same request stopped, and can be gone on with
};

// Errors as in play_offline().
RenderResult render(const RenderRequest& request);

// The request that made a file of Reverie's, from its stored description; output is left empty.
RenderRequest request_from_description(const std::string& text, const std::string& file);

}  // namespace reverie
