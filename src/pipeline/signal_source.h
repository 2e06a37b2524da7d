// The signals of a render: what its sound does, and where the beat is.
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
  double seconds = 0;  // how long it is
  double tempo = 0;    // the one it has most of the time, in beats a minute; 0: none
};

// Listens to a whole sound.  Error when it cannot be read or there is none.
SoundMeasure measure_sound(const SinkOptions::Sound& sound);

struct SignalOptions {
  std::optional<SinkOptions::Sound> sound;  // nothing: silence
  // Beats are counted from the first frame on, at this tempo.  Nothing: they are the sound's own, `measured`
  // beats a minute and moved to where its onsets are; at kDefaultTempo where that is 0.
  std::optional<double> tempo;
  double measured = 0;
  double fps = 30;  // of the pictures, for a sound that loops
};

// Reads the sound along with the frames.  A frame's signals are those of the sound around its time: they see
// at most half of the analysis window, 21 ms, ahead.  After the sound's end there is silence.
class SignalSource {
 public:
  // Error when the sound cannot be read or there is none.
  explicit SignalSource(const SignalOptions& options);
  ~SignalSource();
  SignalSource(const SignalSource&) = delete;
  SignalSource& operator=(const SignalSource&) = delete;

  // Times must not descend.  The same for any step from frame to frame.
  Signals at(const FrameTime& time);

 private:
  struct Listener;
  SignalOptions options_;
  std::unique_ptr<Listener> listener_;  // null: silence
};

}  // namespace reverie
