// Tempo and beats out of MIDI clock: 24 ticks a beat.
#pragma once

#include <deque>

namespace reverie {

struct MidiTempo {
  bool ticking = false;  // a clock came within the last half second
  bool running = false;  // ... and was not stopped
  double tempo = 120;    // beats a minute
  double beats = 0;      // since the start; whole on the beat; stands still while stopped
};

// What tells tempo and beats at any time until the next tick.  Small, to be handed to another thread.
struct MidiClockState {
  double interval = 0;   // seconds a tick; 0: not known yet
  double smoothed = 0;   // when the last tick was due, seconds
  double last = 0;       // when it came
  long ticks = 0;        // since the start, of the last tick
  bool heard = false;    // there was a tick
  bool at_start = true;  // the next tick is where the beats begin
  bool stopped = false;

  MidiTempo at(double seconds) const;
};

// A line is laid through the times of the last 48 ticks: jitter of single ticks (USB, a busy machine) moves
// neither tempo nor beats.  Times in seconds on any clock that does not go backwards.
class MidiClock {
 public:
  void tick(double seconds);
  void start();  // from beat 0, with the next tick
  void stop();
  void go_on();                // from where it stopped
  void place(int sixteenths);  // song position

  const MidiClockState& state() const { return state_; }
  MidiTempo at(double seconds) const { return state_.at(seconds); }

 private:
  void fit();

  std::deque<double> times_;
  MidiClockState state_;
};

}  // namespace reverie
