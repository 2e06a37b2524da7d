// The sound of a file as samples, for what listens to it.
#pragma once

#include <cstddef>
#include <memory>
#include <optional>
#include <span>

#include "media/sink.h"

namespace reverie {

// The best sound of a source as one channel of floats at 48 kHz (FFmpeg's swresample; channels are averaged,
// full scale is -1..1), read piece by piece: sample n is what is heard n / 48000 seconds after the pictures
// begin.
class SoundReader {
 public:
  static constexpr int kRate = 48000;

  // sound: as for a sink.  fps: of the pictures that it goes with; a loop is a whole number of them long.
  // Error when the source cannot be read or has no sound.
  explicit SoundReader(const SinkOptions::Sound& sound, double fps = 30);
  ~SoundReader();
  SoundReader(const SoundReader&) = delete;
  SoundReader& operator=(const SoundReader&) = delete;

  // Fills `out` and returns how many samples came; fewer than asked for only at the end.  Error when the rest
  // cannot be read.
  size_t read(std::span<float> out);

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace reverie
