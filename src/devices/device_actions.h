// Requests from devices that are not the desk's business: the surrounding set handles them.
#pragma once

#include <functional>
#include <string>

namespace reverie {

// Called on the device's thread; must return quickly.  Requests without a function are rejected.
struct DeviceActions {
  // Starts (to this file; empty: under a name of the set's own) or stops the recording.
  std::function<void(bool on, const std::string& file)> record;
  std::function<void()> toggle_record;  // for notes, which have no state
  std::function<void()> snapshot;
  std::function<void(double bpm)> tempo;  // beats per minute, kSlowestTempo to kFastestTempo
  std::function<void()> quit;
  std::function<void()> panic;                   // all back to the start of the preset
  std::function<void()> tap;                     // a beat, for the tempo
  std::function<void()> downbeat;                // the first beat of a bar is now
  std::function<void(int by)> setlist_step;      // to the next entry of the setlist (1), or the previous (-1)
  std::function<void(size_t place)> setlist_go;  // to the entry at this place, from 0
};

}  // namespace reverie
