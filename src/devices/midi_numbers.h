// What a control change is about: itself, or the parameter number (RPN, NRPN) that its channel has selected.
#pragma once

#include <array>

#include "devices/midi_map.h"
#include "devices/midi_parser.h"

namespace reverie {

enum class MidiPart { kMsb, kLsb, kIncrement, kDecrement };  // a plain control change is an MSB

struct MidiChange {
  MidiSource source = MidiSource::kControlChange;
  int channel = 0, number = 0;  // as in MidiBinding
  MidiPart part = MidiPart::kMsb;
  int value = 0;         // 0..127
  bool selects = false;  // half of a parameter number; its data follow
};

// Follows which number each channel has selected (control changes 98 to 101) and what is entered for it (6
// and 38, 96 and 97).  Knobs use all of these too: one of 98 to 101 that comes twice running is a knob, and
// so are the others while no number is selected.
class MidiNumbers {
 public:
  // A control change, on any channel.
  MidiChange hear(const MidiMessage& m);

 private:
  struct Channel {
    MidiSource source = MidiSource::kNrpn;
    int msb = -1, lsb = -1;  // of the number; -1: not heard
    int last = -1;           // the last control change

    bool selected() const { return msb >= 0 && lsb >= 0 && number() <= kLastMidiNumber; }
    int number() const { return msb << 7 | lsb; }
  };

  std::array<Channel, 16> channels_;
};

}  // namespace reverie
