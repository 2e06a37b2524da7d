// One MIDI device under the hands: its bytes, its map, and what they do to the desk.  Knows no ports and no
// threads.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include "control/desk.h"
#include "devices/device_actions.h"
#include "devices/midi_clock.h"
#include "devices/midi_guess.h"
#include "devices/midi_map.h"
#include "devices/midi_parser.h"

namespace reverie {

// What waits for a control or a note.
struct MidiTarget {
  std::string parameter;
  int level = -1;  // -1: all
};
using MidiLearn = std::variant<MidiTarget, MidiAction, std::string>;  // the string: a preset's name

class MidiController {
 public:
  // The desk lives longer.
  MidiController(Desk& desk, DeviceActions actions, MidiMap map);

  // The next control (or, for actions and presets, the next note) is bound to it.
  void learn(MidiLearn target) { learn_ = std::move(target); }
  void stop_learning() { learn_.reset(); }
  // Takes away what is bound to the parameter, on all levels.  True where something was.
  bool forget(const std::string& parameter);

  // What came over the wire at a time in seconds.  Never throws: what a parameter does not take does nothing.
  // True when something was learned.
  bool receive(std::span<const uint8_t> bytes, double seconds);

  const MidiMap& map() const { return map_; }
  // Whether the map is another one than at the last take_changed().
  bool changed() const { return changed_; }
  bool take_changed() { return std::exchange(changed_, false); }
  const MidiClockState& clock() const { return clock_.state(); }

 private:
  // How a binding stands to its parameter.
  struct Grip {
    double position = -1;  // of an absolute control when it last moved, 0..1; -1: never
    bool caught = false;   // soft takeover: the parameter follows
    double share = -1;     // of the parameter as we left it
    double wanted = 0;     // of a relative control: between the values that the parameter can take
    int upper = -1;        // kFine: the upper half waits for the lower one
    int last_upper = 0;
  };

  bool handle(const MidiMessage& message, double seconds);
  bool learn_from(const MidiMessage& message);
  void bind(MidiControlKind kind, const MidiMessage& message, const MidiTarget& target);
  void guess(const MidiMessage& message);
  void control_change(size_t i, int number, int value);
  void turn_to(size_t i, double position);
  void turn_by(size_t i, int steps);
  void play_note(const MidiNote& note);
  void act(MidiAction action);

  Desk& desk_;
  DeviceActions actions_;
  MidiMap map_;
  std::vector<Grip> grips_;  // one for each binding
  MidiParser parser_;
  MidiClock clock_;
  std::optional<MidiLearn> learn_;
  std::optional<MidiGuess> guess_;
  MidiBinding guessed_;  // which binding it is about
  bool changed_ = false;
};

}  // namespace reverie
