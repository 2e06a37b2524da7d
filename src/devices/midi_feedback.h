// What a controller is sent so that its faders, rings and lights show what the desk does.
#pragma once

#include <cstdint>
#include <map>
#include <utility>
#include <vector>

#include "control/desk.h"
#include "devices/midi_map.h"

namespace reverie {

class MidiFeedback {
 public:
  // The messages by which the device of this map comes to show the desk as it is, without those that it was
  // sent already.  A control gets its parameter's place in the form in which it sends its own; data
  // increments, aftertouch and kinds that are not known yet get nothing.  A note is lit (note on,
  // MidiNote::light) while what it does is on: a blackout, a frozen picture, a cued preset, the preset that
  // plays; otherwise dark.
  std::vector<std::vector<uint8_t>> next(const MidiMap& map, const Desk& desk);

  // The device itself was moved there, 0..1: it need not be told.
  void moved(const MidiBinding& binding, double position);

 private:
  // By status byte (of a parameter number: 0 or 1 and the channel) and number.
  using Place = std::pair<int, int>;
  static Place place_of(const MidiBinding& b);
  std::map<Place, int> sent_;
};

}  // namespace reverie
