// What can happen in a set, between one frame and the next: what a session file holds and a replay repeats.
#pragma once

#include <cstdint>
#include <string>
#include <variant>

#include "control/preset.h"
#include "control/signals.h"

namespace reverie {

// A knob: a parameter's value as a command line gives it ("zoom", "1.5"; "zoom.2" for level 2).
struct SetParameter {
  std::string name, value;
};

// Another preset.  What has the same structure (the fixed parameters) and seed goes over value by value; else
// a new process is made beside the running one, and begins when BeginProcess says so.
struct ChangePreset {
  Preset preset;
  uint64_t seed = 0;  // of the random weights
  double fade = 0;    // seconds from one to the other
};

// The process that the last ChangePreset asked for is ready: it fades in from here on.
struct BeginProcess {};

// That process could not be made: what runs goes on.
struct AbandonProcess {};

// The state starts anew, from these draws.
struct NewNoise {
  uint64_t seed = 0;
};

// Another input, from its beginning; it is shown from this frame on.  Empty: none.
struct OpenInput {
  std::string spec;
};

// The input shows this frame of its own (0 is the first) where it is not the one that the clock says.
struct ShowInput {
  int64_t index = 0;
};

// The engine came too late for so many ticks of the clock: they have no frame.
struct SkipTicks {
  int64_t ticks = 0;
};

// Signals: what is heard from this frame on.
using Event = std::variant<SetParameter, ChangePreset, BeginProcess, AbandonProcess, NewNoise, OpenInput,
                           ShowInput, SkipTicks, Signals>;

// Before frame `frame` is made.
struct TimedEvent {
  int64_t frame = 0;
  Event event;
};

}  // namespace reverie
