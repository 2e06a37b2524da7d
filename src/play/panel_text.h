// What the panels say of things.
#pragma once

#include <array>
#include <cstring>
#include <string>
#include <vector>

#include "devices/midi.h"
#include "devices/midi_map.h"
#include "pipeline/recorder.h"

namespace reverie {

// "16 on channel 1, -10 to 10"
std::string control_text(const MidiBinding& b);
// What the connected controllers have for a parameter, a line each; midi: null if there is none.
std::string controls_of(MidiPorts* midi, const std::string& address);
// "36 on channel 10: noise"
std::string note_text(const MidiNote& n);
std::string recording_text(const Recorder::State& r);
// Recordings in progress, and failures that no later recording has made old.
std::vector<Recorder::State> worth_telling(const std::vector<Recorder::State>& all);
// A path's last two names; anything else whole.
std::string short_spec(const std::string& spec);

template <size_t N>
void copy_text(std::array<char, N>& to, const std::string& from) {
  const size_t n = from.size() < N - 1 ? from.size() : N - 1;
  std::memcpy(to.data(), from.data(), n);
  to[n] = '\0';
}

}  // namespace reverie
