// One MIDI device: its bytes, its map, and their effect on the desk.  Knows no ports and no threads.
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

// What is waiting for a control or a note.
struct MidiTarget {
  std::string parameter;
  int level = -1;  // -1: all
};
using MidiLearn = std::variant<MidiTarget, MidiAction, std::string>;  // the string: a preset's name

class MidiController {
 public:
  // The desk must outlive this.
  MidiController(Desk& desk, DeviceActions actions, MidiMap map);

  // Binds the next control (or, for actions and presets, the next note) to it.
  void learn(MidiLearn target) { learn_ = std::move(target); }
  void stop_learning() { learn_.reset(); }
  // Removes everything bound to the parameter, on all levels.  True if there was anything.
  bool forget(const std::string& parameter);

  // Handles bytes that arrived at a time in seconds.  Never throws: values that a parameter does not accept
  // are ignored.  True if something was learned.
  bool receive(std::span<const uint8_t> bytes, double seconds);

  const MidiMap& map() const { return map_; }
  // Whether the map has changed since the last take_changed().
  bool changed() const { return changed_; }
  bool take_changed() { return std::exchange(changed_, false); }
  const MidiClockState& clock() const { return clock_.state(); }

 private:
  // The state of a binding.
  struct Grip {
    double position = -1;  // of an absolute control at its last move, 0..1; -1: never moved
    bool caught = false;   // soft takeover: the parameter follows
    double share = -1;     // of the parameter, as we left it
    double wanted = 0;     // of a relative control: between the values that the parameter can take
    int upper = -1;        // kFine: the upper half, waiting for the lower one
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
  std::vector<Grip> grips_;  // one per binding
  MidiParser parser_;
  MidiClock clock_;
  std::optional<MidiLearn> learn_;
  std::optional<MidiGuess> guess_;
  MidiBinding guessed_;  // which binding it is about
  bool changed_ = false;
};

}  // namespace reverie
