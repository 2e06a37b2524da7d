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
#include "devices/midi_feedback.h"
#include "devices/midi_guess.h"
#include "devices/midi_map.h"
#include "devices/midi_numbers.h"
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

  // Binds the next control (or, for actions and presets, the next note) to it.  The first messages of a
  // control say what kind it is; until then it moves nothing.
  void learn(MidiLearn target) { learn_ = std::move(target); }
  void stop_learning() { learn_.reset(); }
  // Removes everything bound to the parameter, on all levels.  True if there was anything.
  bool forget(const std::string& parameter);
  // Gives a control another range, curve or smoothing; false if there is no such control.
  bool change(const MidiBinding& from, const MidiBinding& to);

  // Handles bytes that arrived at a time in seconds.  Never throws: values that a parameter does not accept
  // are ignored.  True if something was learned.
  bool receive(std::span<const uint8_t> bytes, double seconds);

  // Goes on towards where controls with `smooth` were moved to; true if one is not there yet.
  bool glide(double seconds);

  const MidiMap& map() const { return map_; }
  // What to send to the device, where its map wants feedback; see MidiFeedback.
  std::vector<std::vector<uint8_t>> feedback();
  // Whether the map has changed since the last take_changed().
  bool changed() const { return changed_; }
  bool take_changed() { return std::exchange(changed_, false); }
  const MidiClockState& clock() const { return clock_.state(); }

 private:
  // The state of a binding.
  struct Grip {
    double position = -1;             // of an absolute control at its last move, 0..1; -1: never moved
    double told_position = -1;        // the last one that feedback() took into account
    bool caught = false;              // soft takeover: the parameter follows
    double share = -1;                // of the parameter, as we left it
    double wanted = 0;                // of a relative control: between the values that the parameter can take
    int msb = -1, lsb = -1;           // the last ones; -1: not heard
    std::optional<double> goal = {};  // of a glide
    double reached = 0;               // ... and how far it is
    bool waiting = false;             // one half of a value has come, not yet the other
    MidiGuess guess;                  // kAuto
  };

  bool handle(const MidiMessage& message, double seconds);
  bool learn_from(const MidiMessage& message, const std::optional<MidiChange>& change);
  template <class Which>
  bool erase_bindings(const Which& which);
  void bind(MidiBinding binding);
  void recognise(const MidiChange& change);
  void turn(size_t i, MidiPart part, int value);
  void turn_half(size_t i, MidiPart part, int value);
  void turn_to(size_t i, double position);
  void turn_by(size_t i, int steps);
  void move(size_t i, double share);
  void play_note(const MidiNote& note);
  void act(MidiAction action);

  Desk& desk_;
  DeviceActions actions_;
  MidiMap map_;
  std::vector<Grip> grips_;  // one per binding
  MidiParser parser_;
  MidiNumbers numbers_;
  MidiFeedback feedback_;
  MidiClock clock_;
  std::optional<MidiLearn> learn_;
  double glided_ = 0;  // when, in seconds
  bool changed_ = false;
};

}  // namespace reverie
