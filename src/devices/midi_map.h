// Which control of a MIDI device moves which parameter, and what each note does: one file per device.
#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/control_range.h"

namespace reverie {

// kControl: 7 bits; kFine: 14 bits, the upper half (MSB) before the lower one (LSB), as control changes n and
// n + 32 or as data entry; kFineLsbFirst: the lower half first; kRelative: steps of an encoder, 1.. up, 127..
// (two's complement) or 65.. (sign-magnitude) down; kOffset: steps away from 64 (binary offset); kIncrement:
// data increment and decrement, a step each; kAuto: not known yet, moves nothing.
enum class MidiControlKind {
  kControl,
  kFine,
  kFineLsbFirst,
  kRelative,
  kOffset,
  kIncrement,
  kPitchBend,
  kAftertouch,
  kAuto
};
bool has_number(MidiControlKind kind);

// What the number of a control counts: control changes, non-registered or registered parameters.
enum class MidiSource { kControlChange, kNrpn, kRpn };
inline constexpr int kLastMidiNumber = 16382;  // of a parameter; the next, 127/127, means none

struct MidiBinding {
  MidiControlKind kind = MidiControlKind::kControl;
  int channel = 0;        // 0..15; files and users count from 1
  int number = 0;         // of the control change, 0..127, or of its upper half, 0..31; of the parameter,
                          // 0..kLastMidiNumber; 0 if the kind has none
  std::string parameter;  // NAME, of the first part that has it, or PART.NAME
  int level = -1;         // -1: all
  MidiSource source = MidiSource::kControlChange;
  ControlWishes range = {};  // in place of the parameter's own
  double smooth = 0;         // seconds in which an absolute control arrives where it was moved to

  bool operator==(const MidiBinding&) const = default;
};

enum class MidiAction {
  kNoise,
  kWeights,
  kNext,
  kPrevious,
  kRandomize,
  kRecord,
  kSnapshot,
  kUndo,
  kRedo,
  kBlackout,
  kFreeze,
  kPanic,
  kTap,
  kDownbeat,
  kCue,
  kSetlistNext,
  kSetlistPrevious,
  kInputPause,
  kInputStart,
  kInputIn,
  kInputOut,
  kInputWhole,
  // of input B, and the last
  kInputBPause,
  kInputBStart,
  kInputBIn,
  kInputBOut,
  kInputBWhole
};

// A note does one thing: an action, or a preset by its number (from 1) or its name.
struct MidiNote {
  int channel = 0, note = 0;  // 0..15, 0..127
  std::optional<MidiAction> action = {};
  int preset_number = 0;  // 0: by name
  std::string preset = {};
  int light = 127;  // the velocity by which the pad is lit, on many pads a colour; 1..127

  bool operator==(const MidiNote&) const = default;
};

struct MidiMap {
  std::string device;
  std::vector<MidiBinding> bindings;
  std::vector<MidiNote> notes;
  bool feedback = false;  // the device is sent where its faders, rings and lights should be

  bool operator==(const MidiMap&) const = default;
};

// The words of each enum, in order.
const std::vector<std::string>& midi_control_words();
const std::vector<std::string>& midi_action_words();

// Reads a map; any bytes are safe.  Error "FILE:LINE: why" for anything wrong, including a parameter that no
// effect has.
MidiMap parse_midi_map(std::string_view text, const std::string& file_name);
// TOML; parse_midi_map() gives the same map again, if its texts are UTF-8 without control characters.
std::string format_midi_map(const MidiMap& map);

// The parameter that a control's address means, of whichever effect has it or of the set; of PART.NAME the
// last word counts.  Error with the nearest.
const Parameter& parameter_of_any_effect(const std::string& address);

// "nanoKONTROL2:nanoKONTROL2 MIDI 1 20:0" -> "nanoKONTROL2 MIDI 1": without what changes from one connection
// to the next.
std::string midi_device_name(const std::string& port_name);

// $XDG_CONFIG_HOME/reverie/midi or ~/.config/reverie/midi; empty if the system has no home folder.
std::filesystem::path midi_map_folder();
// The file of a device's map: any name becomes one valid file name in the folder.
std::filesystem::path midi_map_file(const std::filesystem::path& folder, const std::string& device);

}  // namespace reverie
