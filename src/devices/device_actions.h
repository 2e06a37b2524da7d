// What the hands ask for that is not the desk's: the set around it answers.
#pragma once

#include <functional>
#include <string>

namespace reverie {

// Called on the thread of the device; must not take long.  What is not set is refused.
struct DeviceActions {
  // Starts (to this file; empty: under a name of the set's own) or ends the recording.
  std::function<void(bool on, const std::string& file)> record;
  std::function<void()> toggle_record;  // what a note, which knows no state, asks for
  std::function<void()> snapshot;
  std::function<void(double bpm)> tempo;  // beats a minute, kSlowestTempo to kFastestTempo
  std::function<void()> quit;
};

}  // namespace reverie
