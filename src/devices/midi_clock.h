// Tempo and beats from a MIDI clock: 24 ticks per beat.
#pragma once

#include <deque>

namespace reverie {

struct MidiTempo {
  bool ticking = false;  // there was a tick within the last half second
  bool running = false;  // ... and it was not stopped
  double tempo = 120;    // beats per minute
  double beats = 0;      // since the start; a whole number on the beat; constant while stopped
};

// Gives tempo and beats at any time until the next tick.  Small, to be passed to another thread.
struct MidiClockState {
  double interval = 0;   // seconds per tick; 0: not known yet
  double smoothed = 0;   // when the last tick was due, seconds
  double last = 0;       // when it arrived
  long ticks = 0;        // since the start, including the last tick
  bool heard = false;    // there was a tick
  bool at_start = true;  // the next tick starts the beats
  bool stopped = false;

  MidiTempo at(double seconds) const;
};

// Fits a line through the times of the last 48 ticks, so that jitter of single ticks (USB, a busy machine)
// affects neither tempo nor beats.  Times are in seconds on any monotonic clock.
class MidiClock {
 public:
  void tick(double seconds);
  void start();  // from beat 0, at the next tick
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
