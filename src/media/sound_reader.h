// The sound of a file as samples, for analysis.
#pragma once

#include <cstddef>
#include <memory>
#include <optional>
#include <span>

#include "media/sink.h"

namespace reverie {

// The best sound of a source as floats at 48 kHz (FFmpeg's swresample; full scale is -1..1), read piece by
// piece: sample n is heard n / 48000 seconds after the pictures begin.
class SoundReader {
 public:
  static constexpr int kRate = kSoundRate;

  // sound: as for a sink.  fps: of the pictures it goes with; the length of a loop is a whole number of them.
  // channels: 1, those of the source averaged; or 2, interleaved.  Error if the source cannot be read or has
  // no sound.
  explicit SoundReader(const SinkOptions::Sound& sound, double fps = 30, int channels = 1);
  ~SoundReader();
  SoundReader(const SoundReader&) = delete;
  SoundReader& operator=(const SoundReader&) = delete;

  // Fills `out` and returns the number of floats, less than requested only at the end.  Error if the rest
  // cannot be read.
  size_t read(std::span<float> out);

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace reverie
