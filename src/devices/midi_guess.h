// What kind of control was learned: recognised from the first messages it sends.
#pragma once

#include <optional>

#include "devices/midi_map.h"
#include "devices/midi_numbers.h"

namespace reverie {

// Hears the messages of one control until it is clear what kind it is.
//
//   fine       both halves by turns; the one that comes first says in which order
//   relative   one of three values within 4 steps of 0 or 128 comes twice running, or one next to another
//   that
//              no knob reaches in one movement: 1 and 127 (two's complement), 1 and 65 (sign-magnitude)
//   offset     the same around 64.  65 alone is a step up there and a step down as sign-magnitude: the next
//              value on the other side says which
//   increment  data increment or decrement
//   control    anything else: as soon as a value is not within 4 steps, or five in a row rise or fall
class MidiGuess {
 public:
  MidiGuess() = default;
  explicit MidiGuess(const MidiBinding& learned);

  // A message of the control; returns the kind once it is clear.
  std::optional<MidiControlKind> hear(MidiPart part, int value);
  // The part of a value that the learned number is, as far as one knows.
  MidiPart own() const { return own_; }

 private:
  void add(int value);
  bool is_encoder() const;
  std::optional<MidiControlKind> kind_of_values() const;

  MidiPart own_ = MidiPart::kMsb;
  bool alone_ = false;  // there is no other half
  std::optional<MidiPart> last_;
  bool lsb_first_ = false;
  int pairs_ = 0;

  // of the values of the learned number
  int count_ = 0, last_value_ = -1;
  int run_ = 0;          // how many rose or fell, up to now; negative: fell
  unsigned zones_ = 0;   // a bit for each that was heard
  bool clicks_ = false;  // no knob does what was heard
  bool knob_ = false;    // no encoder does
};

}  // namespace reverie
