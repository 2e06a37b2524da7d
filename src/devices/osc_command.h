// Parses an OSC message into a command.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "control/chain.h"
#include "control/event.h"
#include "devices/osc_packet.h"

namespace reverie {

struct OscCommand {
  enum class Kind {
    kNothing,  // a released button: its message has the argument 0
    kSet,
    kFader,  // a set by shares of a control's way: see ControlRange
    kGet,
    kList,
    kPreset,
    kNext,
    kPrevious,
    kSave,
    kNoise,
    kWeights,
    kInput,  // of both inputs, with the side
    kInputSpeed,
    kInputSeek,
    kInputLoop,
    kInputIn,
    kInputOut,
    kInputPause,
    kInputFade,
    kRandomize,
    kUndo,
    kRedo,
    kRecord,
    kSnapshot,
    kTempo,
    kFade,
    kBlackout,
    kFreeze,
    kAdd,
    kRemove,
    kMove,
    kBypassPart,
    kCue,  // by name or number
    kCueNext,
    kCuePrevious,
    kSetlist,  // to an entry by its number, from 1
    kSetlistNext,
    kSetlistPrevious,
    kPanic,
    kTap,
    kDownbeat,
    kQuit
  };

  Kind kind = Kind::kNothing;
  std::string part, parameter;  // kSet; kGet: the parameter, or PART.PARAMETER; the part of those about one
  int level = -1;               // kSet, kFader: of one level; -1: of all
  std::vector<OscArgument> values;  // kSet, kFader
  std::string text;                 // the name of a preset, a file, an input
  // The preset's, from 1; an amount; beats a minute; 1 or 0 of what is on or off; a place, from 1.
  std::optional<double> number;
  std::optional<double> fade;                         // seconds
  PlayInput play_input;                               // kInputSpeed to kInputOut
  InputSide side() const { return play_input.side; }  // kInput to kInputPause
};

// The longest address and text of a message, in bytes.
inline constexpr size_t kMostOscText = 1024;

// Error for an unknown address or invalid arguments; numbers out of range are rejected, not adjusted.
// Patterns (*, ?, [], {}) are not supported.
OscCommand parse_osc_command(const OscMessage& message);

// Whether it reads or writes a file that the sender may name: allowed only on this machine.
bool names_a_file(const OscCommand& command);

// The values of a kSet as Desk::set() takes them: "1.5", "1,0.5", "tanh".  A choice is given by its word or
// its number from 0.  Error for values that the parameter could never take, whatever its range.
std::string osc_value(const Parameter& parameter, const std::vector<OscArgument>& values);

// "/reverie/feedback/zoom" with the parameter's values: numbers as floats, whole numbers and flags as ints,
// words and texts as strings.
OscMessage osc_echo(const std::string& part, const ParameterValues& values, const Parameter& parameter);
// "/reverie/fader/feedback/zoom" with the shares at which its values are, as floats; not for texts.
OscMessage osc_fader_echo(const std::string& part, const ParameterValues& values, const Parameter& parameter);

}  // namespace reverie
