// Quality and diversity: MAP-Elites over presets, with goals.
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>

#include "discover/archive.h"

namespace reverie {

// A thread of another process, by which tries are lived there.
class RemoteThread {
 public:
  RemoteThread() = default;
  virtual ~RemoteThread() = default;
  RemoteThread(const RemoteThread&) = delete;
  RemoteThread& operator=(const RemoteThread&) = delete;

  // As life_of(), giving up what would not clear the bars (Archive::bars).  Nothing where that process is
  // gone, and the try with it; Error where its answer makes no sense; Stopped after Ctrl-C.
  virtual std::optional<Life> live(const Preset& preset, const std::vector<double>& bars) = 0;
};

struct SearchOptions {
  int workers = 0;     // threads of this process, 0: one per core; with one, the same seed finds the same
  double minutes = 0;  // 0: no limit
  int64_t tries = 0;   // in all, those of earlier calls included; 0: no limit
  // Asked all the time: the next that has joined, or null.
  std::function<std::unique_ptr<RemoteThread>()> joined;
};

int search_threads(int asked);  // one per core for 0

// live(); what cannot be made is a death too, "impossible".
Life life_of(const Preset& preset, const LifeOptions& options, const PictureFiles& files,
             const std::function<bool(const Life& so_far)>& hopeless);

struct SearchReport {
  std::map<std::string, int64_t> deaths;  // by their reasons, of this call
  int64_t tried = 0, kept = 0;            // in this call
  int64_t tried_elsewhere = 0;            // of those, by remote threads
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
