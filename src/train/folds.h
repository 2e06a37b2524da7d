// Leaving each group of clips out in turn: how well a recipe recognises people that it has never seen.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "sheets/confusion.h"
#include "train/run.h"

namespace reverie {

struct FoldsResult {
  Confusion confusion;                // of videos: the mean of their clips' answers
  std::vector<std::string> mistaken;  // a line each
  double seconds = 0;                 // of training in this call
};

// A run for each group of the set, in RUN/GROUP, which that group is left out of; runs that are finished are
// taken as they are, others go on.  Then RUN/confusion.png.  Nothing after Ctrl-C.  Error for sets without
// two groups, and families that do not learn from clips.
std::optional<FoldsResult> train_folds(const RunOptions& options);

}  // namespace reverie
