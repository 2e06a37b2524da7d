// Everything that can happen in a set between two frames: the content of a session file, and what a replay
// repeats.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <variant>

#include "control/chain.h"
#include "core/signals.h"

namespace reverie {

// Events name the part that they are for.  Without a name it is the only part, or the first.

// A knob: a parameter's value as a command line gives it ("zoom", "1.5"; "zoom.2" for level 2).  Without a
// part the first that has the parameter.
struct SetParameter {
  std::string name, value, part = {};
};

// Another preset.  If it has the same structure (the fixed parameters) and seed, the values morph; otherwise
// a new process is built alongside the running one, and starts at BeginProcess.
struct ChangePreset {
  Preset preset;
  uint64_t seed = 0;  // for the random weights
  double fade = 0;    // seconds of the transition
  std::string part = {};
};

// The process that the last ChangePreset or AddPart asked for is ready: it fades in from here on.
struct BeginProcess {
  std::string part = {};
};

// That process could not be created: the running one continues.
struct AbandonProcess {
  std::string part = {};
};

// The state starts again, from these draws; without a part that of every part, each with its own.
struct NewNoise {
  uint64_t seed = 0;
  std::string part = {};
};

// One more part, before the one that is at this place now (0 is the first).  It is made beside the running
// ones, and begins when BeginProcess says so.
struct AddPart {
  Part part;
  int place = 0;
  double fade = 0;  // seconds
};

// A part fades out and is gone.
struct RemovePart {
  std::string part;
  double fade = 0;
};

// A part fades out, and in again at another place.
struct MovePart {
  std::string part;
  int place = 0;
  double fade = 0;  // both ways together
};

// Another chain, made beside the running one; it begins when BeginChain says so.
struct ChangeChain {
  Chain chain;  // with the seeds of its parts
  double fade = 0;
};
struct BeginChain {};
struct AbandonChain {};

// A chain that waits beside the one that plays, and takes no time, until the crossfader leads to it; in place
// of the one that waited.  BeginCue says when it is ready.
struct CueChain {
  Chain chain;  // with the seeds of its parts
};
struct BeginCue {};
struct AbandonCue {};

// How much of the picture is that of the chain that waits, 0..1.  At 1 the two change places: that one plays,
// and the other waits.
struct Crossfade {
  double share = 0;
};

// The picture to black, or back.
struct Blackout {
  bool on = false;
  double fade = 0;
};

// The picture that is shown stays, and the processes stand still; or they go on.
struct Freeze {
  bool on = false;
};

// A set has up to two inputs, and a fader between them.
enum class InputSide { kA, kB };

// Another input, from its beginning, shown from this frame on.  Empty: none.
struct OpenInput {
  std::string spec;
  InputSide side = InputSide::kA;
};

// How much of the picture that comes in is that of input B, 0..1.
struct FadeInput {
  double share = 0;
};

// A time of the input: seconds from its beginning, a share of its length (0..1), or that of what it shows.
struct InputTime {
  enum class Kind { kSeconds, kShare, kNow };
  Kind kind = Kind::kSeconds;
  double at = 0;
};

// How the input is played from now on, as far as is said here.  What it shows by it are other events.
struct PlayInput {
  static constexpr InputTime kNow = {InputTime::Kind::kNow};

  std::optional<double> speed = {};  // its seconds in one of the set, 0..kMostInputSpeed; 0: it stands
  std::optional<InputTime> seek = {};
  std::optional<InputTime> from = {}, to = {};  // the ends of the range that is repeated
  InputSide side = InputSide::kA;

  static PlayInput whole(InputSide side = InputSide::kA) {  // no range
    return {.from = InputTime{InputTime::Kind::kShare, 0},
            .to = InputTime{InputTime::Kind::kShare, 1},
            .side = side};
  }
};
inline constexpr double kMostInputSpeed = 4, kLongestInput = 1e7;  // seconds

// What is heard in the set, from its beginning on, is in this file.
struct KeepSound {
  std::string file;
};

// The input shows this frame of its own (0 is the first), if that is not the one expected from the clock.
struct ShowInput {
  int64_t index = 0;
  InputSide side = InputSide::kA;
};

// The engine was late for this many ticks of the clock: they have no frame.
struct SkipTicks {
  int64_t ticks = 0;
};

// Signals: what is heard from this frame on.
using Event = std::variant<SetParameter, ChangePreset, BeginProcess, AbandonProcess, NewNoise, OpenInput,
                           ShowInput, SkipTicks, Signals, AddPart, RemovePart, MovePart, ChangeChain,
                           BeginChain, AbandonChain, Blackout, Freeze, KeepSound, CueChain, BeginCue,
                           AbandonCue, Crossfade, PlayInput, FadeInput>;

// Happens before frame `frame` is computed.
struct TimedEvent {
  int64_t frame = 0;
  Event event;
};

}  // namespace reverie
