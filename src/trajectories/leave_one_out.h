// How well clips are recognised by their trajectories, each group of them left out in turn.
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "core/parallel.h"
#include "sheets/confusion.h"
#include "trajectories/tracker.h"

namespace reverie {

struct LabelledClip {
  std::string name;
  int label = 0;
  int group = 0;  // who is in it: all of one group are left out together
  std::vector<std::array<float, kTrackValues>> tracks;  // descriptors
};

struct RecognitionSettings {
  int words = 256;      // of each channel's codebook
  int samples = 10000;  // descriptors that a codebook is made of, at most
  double c = 100;       // of the machines
  uint64_t seed = 1;
};

struct RecognitionResult {
  Confusion confusion;                // of clips
  std::vector<std::string> mistaken;  // names of clips
  double right() const;               // share of the clips
};

// For every group: codebooks and machines of the other groups' clips answer for its own.  Error where there
// are not two groups and two labels, or a label of a left-out clip has no clip in another group.  fold:
// called before each.  Stopped after Ctrl-C.
RecognitionResult leave_one_group_out(const std::vector<LabelledClip>& clips,
                                      const std::vector<std::string>& labels,
                                      const RecognitionSettings& settings, Threads& threads,
                                      const std::function<void(int fold, int folds)>& before = nullptr);

}  // namespace reverie
