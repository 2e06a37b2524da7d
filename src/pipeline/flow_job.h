// The optical flow of a video or between two pictures, into files.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "motion/flow.h"

namespace reverie {

// How a flow is shown.
enum class FlowLook { kColours, kArrows, kOcclusion };

struct FlowRequest {
  std::string input;   // a video, or any spec of open_source(); with `second`, a picture
  std::string second;  // the other picture; empty: each frame of the input and the next
  // A sink as open_sink() takes it; or .flo: one file, or for a video numbered ones, flow%05d.flo.
  std::string output;
  FlowMethod method = kOfflineFlow;
  FlowLook look = FlowLook::kColours;
  double largest = 0;         // pixels of full colour; 0: two pictures' fastest, 2 % of a video's width
  bool only_trusted = false;  // what is hidden in the next picture is unknown: black, in .flo as Middlebury's
  std::string truth;          // a .flo file to compare the first flow with; empty: none
  double start = 0;           // seconds into the input
  std::optional<double> seconds;
  int width = 0, height = 0;  // of the frames; 0: the input's own
  int threads = 0;            // 0: one per core
  bool quiet = false;
};

struct FlowResult {
  int64_t flows = 0, cuts = 0;
  double mean_speed = 0;        // pixels a frame, over all flows outside cuts
  double hidden = 0;            // share of the pixels that are hidden in the next picture
  std::optional<double> error;  // mean endpoint error, if there is a truth
  double seconds = 0;           // of work in finding flows
  bool stopped = false;         // by Ctrl-C; what was written is kept
  std::string output;           // description
};

// Across a cut the flow is unknown everywhere.  Error where there are not two frames, for pictures of
// different sizes, and if something cannot be read or written.
FlowResult find_flow_of(const FlowRequest& request);

}  // namespace reverie
