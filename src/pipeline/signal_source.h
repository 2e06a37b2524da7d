// The signals of a render: its sound and its beat.
#pragma once

#include <memory>
#include <optional>

#include "control/chain.h"
#include "core/effect.h"
#include "core/signals.h"
#include "media/sink.h"

namespace reverie {

// Whether a preset reacts to sound, and to the beat.
bool follows_sound(const Chain& chain);
bool follows_beat(const Chain& chain);

struct SoundMeasure {
  double seconds = 0;  // its length
  double tempo = 0;    // its most frequent tempo, in beats per minute; 0: none
};

// Analyses a whole sound.  Error if it cannot be read or there is none.
SoundMeasure measure_sound(const SinkOptions::Sound& sound);

struct SignalOptions {
  std::optional<SinkOptions::Sound> sound;  // nothing: silence
  // Beats are counted from the first frame, at this tempo.  Nothing: the sound's own beats, at `measured`
  // beats per minute and aligned with its onsets; at kDefaultTempo if that is 0.
  std::optional<double> tempo;
  double measured = 0;
  double fps = 30;  // of the pictures, for a looping sound
};

// Reads the sound along with the frames.  A frame's signals are those of the sound around its time: they look
// ahead by at most half of the analysis window, 21 ms.  After the end of the sound there is silence.
class SignalSource {
 public:
  // Error if the sound cannot be read or there is none.
  explicit SignalSource(const SignalOptions& options);
  ~SignalSource();
  SignalSource(const SignalSource&) = delete;
  SignalSource& operator=(const SignalSource&) = delete;

  // Times must not decrease.  The result does not depend on the step between frames.
  Signals at(const FrameTime& time);

 private:
  struct Listener;
  SignalOptions options_;
  std::unique_ptr<Listener> listener_;  // null: silence
};

}  // namespace reverie
