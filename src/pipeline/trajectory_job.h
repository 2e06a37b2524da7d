// Dense trajectories of clips: drawn, as features, and for recognising what clips show.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "trajectories/leave_one_out.h"
#include "trajectories/tracker.h"

namespace reverie {

struct TrajectoryRequest {
  std::string input;
  // .npy: features, [tracks, 4 + 426]: last frame, mean x, mean y, scale, then the descriptor; else a sink as
  // open_sink() takes it, with the tracks drawn over the clip.
  std::string output;
  TrackerSettings tracker;
  double start = 0;
  std::optional<double> seconds;
  int threads = 0;  // 0: one per core
  bool quiet = false;
};

struct TrajectoryResult {
  int64_t frames = 0, tracks = 0;
  double fps = 0, seconds = 0;  // of the clip; of work
  bool stopped = false;         // by Ctrl-C; what was written is kept
  std::string output;           // description
};

// Clips of fewer pixels than kLeastSide are enlarged by whole numbers, so that patches fit; larger ones than
// kLargestTrackedSide are shrunk to it.  Error for clips
// of fewer than kTrackLength + 1 frames, and if something cannot be read or written.
inline constexpr int kLeastSide = 120;           // of the shorter side
inline constexpr int kLargestTrackedSide = 640;  // of the longer
TrajectoryResult find_trajectories(const TrajectoryRequest& request);

// The clips of a folder with a folder for each label; a clip's group is its name up to the first "_".
struct ActionSet {
  std::vector<std::string> labels;
  std::vector<LabelledClip> clips;
  int64_t frames = 0;
  double seconds = 0;  // of work
};
// Error for clips in which nothing is followed.  Stopped after Ctrl-C.
ActionSet read_actions(const std::string& folder, const TrackerSettings& settings, Threads& threads,
                       bool quiet);

}  // namespace reverie
