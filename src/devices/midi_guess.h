// What kind of control was learned: inferred from the first messages it sends.
#pragma once

#include <optional>
#include <vector>

#include "devices/midi_map.h"

namespace reverie {

// Watches the first messages of a control that was bound as plain 7 bits, and says when it is clearly another
// kind.
//
//   relative   only values within 4 steps of 0 or 128, one of them sent twice running or both sides without
//   what
//              lies between: a knob that ends there would go on to 0 or stop
//   offset     the same around 64
//   fine       each control change n followed by n + 32
class MidiGuess {
 public:
  MidiGuess(int channel, int number) : channel_(channel), number_(number) {}

  // A control change on any channel; returns the kind once it is clear.
  std::optional<MidiControlKind> hear(int channel, int number, int value);
  // Nothing more to learn.
  bool done() const { return done_; }

 private:
  std::optional<MidiControlKind> decide(MidiControlKind kind);

  int channel_, number_;
  std::vector<int> values_;
  int pairs_ = 0;
  bool last_was_ours_ = false, done_ = false;
};

}  // namespace reverie
