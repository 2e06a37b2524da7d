// The sound of a file as samples, for analysis.
#pragma once

#include <cstddef>
#include <memory>
#include <optional>
#include <span>

#include "media/sink.h"

namespace reverie {

// The best sound of a source as one channel of floats at 48 kHz (FFmpeg's swresample; channels are averaged,
// full scale is -1..1), read piece by piece: sample n is heard n / 48000 seconds after the pictures begin.
class SoundReader {
 public:
  static constexpr int kRate = 48000;

  // sound: as for a sink.  fps: of the pictures it goes with; the length of a loop is a whole number of them.
  // Error if the source cannot be read or has no sound.
  explicit SoundReader(const SinkOptions::Sound& sound, double fps = 30);
  ~SoundReader();
  SoundReader(const SoundReader&) = delete;
  SoundReader& operator=(const SoundReader&) = delete;

  // Fills `out` and returns the number of samples, less than requested only at the end.  Error if the rest
  // cannot be read.
  size_t read(std::span<float> out);

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace reverie
