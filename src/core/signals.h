// What modulations may follow besides time: the sound, and the beat.
#pragma once

namespace reverie {

inline constexpr double kDefaultTempo = 120;                      // beats a minute
inline constexpr double kSlowestTempo = 1, kFastestTempo = 1000;  // that can be given

// The signals of one frame.  Plain numbers: what is recorded for each frame and played back is this.
struct Signals {
  // The sound, 0..1 each: its level, that of its bands, and a pulse that is 1 where something begins.
  float level = 0, bass = 0, mid = 0, treble = 0, onset = 0;
  double beats = 0;              // since the start; whole on the beat
  double tempo = kDefaultTempo;  // beats a minute
};

// Of a frame without any sound: silence, and beats at a tempo that does not change.
inline Signals silent_signals(double seconds, double tempo = kDefaultTempo) {
  Signals s;
  s.beats = seconds * tempo / 60;
  s.tempo = tempo;
  return s;
}

}  // namespace reverie
