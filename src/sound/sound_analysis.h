// What a sound is doing at each moment: how loud, in which bands, what begins, how fast.
#pragma once

#include <cstdint>
#include <memory>
#include <span>

namespace reverie {

// Level and bands are RMS values of the last window, each relative to its own recent maximum, which halves in
// 8 s (automatic gain); below -50 dB of full scale they get smaller the softer the sound is, and are 0 in
// silence.
struct SoundValues {
  float level = 0;                      // 0..1
  float bass = 0, mid = 0, treble = 0;  // 0..1: below 250 Hz, 250 to 2000 Hz, above 2000 Hz
  float onset = 0;                      // 1 at an onset, then halving every 70 ms
  double tempo = 0;  // beats per minute, 60 to 200; 0 until one is found, after at least 4 s
  double beats = 0;  // since the start; never decreases.  At 120 BPM while tempo is 0
};

// Takes samples as they come.  The same samples give the same values, to the bit, however they are split into
// blocks.  After construction nothing is allocated and no lock is taken, so an audio callback may call it;
// one thread at a time.
class SoundAnalysis {
 public:
  static constexpr int kRate = 48000;   // samples per second
  static constexpr int kWindow = 2048;  // samples that values are computed from, the middle counting most
  static constexpr int kHop = 480;      // samples between values: 10 ms

  // tempo: known in advance, in beats per minute, or 0.
  explicit SoundAnalysis(double tempo = 0);
  ~SoundAnalysis();
  SoundAnalysis(const SoundAnalysis&) = delete;
  SoundAnalysis& operator=(const SoundAnalysis&) = delete;

  // One channel.  NaN and infinite samples count as 0.
  void push(std::span<const float> samples);

  int64_t samples() const;  // total number pushed

  // Of the last complete hop; all 0 before the first one.
  const SoundValues& newest() const;
  // Of the last hop that ended by this time, in seconds of the sound; the oldest or newest available if it
  // lies outside the last 5 s.
  const SoundValues& at(double seconds) const;

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace reverie
