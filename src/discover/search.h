// Quality and diversity: MAP-Elites over presets, with goals.
#pragma once

#include <functional>
#include <map>
#include <string>

#include "discover/archive.h"

namespace reverie {

struct SearchOptions {
  int workers = 0;     // 0: one per core; with one, the same seed finds the same
  double minutes = 0;  // 0: no limit
  int64_t tries = 0;   // in all, those of earlier calls included; 0: no limit
};

struct SearchReport {
  std::map<std::string, int64_t> deaths;  // by their reasons, of this call
  int64_t tried = 0, kept = 0;            // in this call
};

// Each try is a child of two finds (Mouret and Clune 2015, "Illuminating Search Spaces by Mapping Elites"):
// of any two; or, every other time, of those nearest to an empty cell that is chosen as a goal (Reinke et al.
// 2020, "Intrinsically Motivated Discovery of Diverse Patterns").  What dies ends early, and so does what
// would not be kept.  The first tries are the presets of `from` themselves, then their children. changed:
// called every few seconds and at the end, so that the archive can be written; never by two threads at once.
// Ends after Ctrl-C with what was found.
SearchReport search(Archive& archive, const SearchOptions& options, const PictureFiles& files,
                    const std::function<void(Archive& archive, const SearchReport& report)>& changed);

}  // namespace reverie
