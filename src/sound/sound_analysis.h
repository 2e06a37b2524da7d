// What a sound is doing, moment by moment: how loud, where in the spectrum, what begins, how fast.
#pragma once

#include <cstdint>
#include <memory>
#include <span>

namespace reverie {

// Level and bands are RMS values of the last window, each as part of its own recent maximum, which falls by
// half in 8 s (automatic gain); of a sound under -50 dB of full scale they are the smaller, the softer it is,
// and of silence 0.
struct SoundValues {
  float level = 0;                      // 0..1
  float bass = 0, mid = 0, treble = 0;  // 0..1: below 250 Hz, 250 to 2000 Hz, above 2000 Hz
  float onset = 0;                      // 1 where something begins, then falling by half in 70 ms
  double tempo = 0;                     // beats a minute, 60 to 200; 0 until one is found, after 4 s or more
  double beats = 0;  // since the start; never falls.  At 120 beats a minute while tempo is 0
};

// Takes samples as they come.  The same samples give the same values, to the bit, however they are cut into
// blocks.  After its construction nothing is allocated and no lock is taken, so that an audio callback may
// call it; one thread at a time.
class SoundAnalysis {
 public:
  static constexpr int kRate = 48000;   // samples a second
  static constexpr int kWindow = 2048;  // samples: what values are made of, the middle counting most
  static constexpr int kHop = 480;      // samples from values to values: 10 ms

  // tempo: beats a minute that are known beforehand, or 0.
  explicit SoundAnalysis(double tempo = 0);
  ~SoundAnalysis();
  SoundAnalysis(const SoundAnalysis&) = delete;
  SoundAnalysis& operator=(const SoundAnalysis&) = delete;

  // One channel.  Samples that are no number or infinite count as 0.
  void push(std::span<const float> samples);

  int64_t samples() const;  // pushed in all

  // Of the last whole hop; before the first one all 0.
  const SoundValues& newest() const;
  // Of the last hop that ended by this time, in seconds of the sound; the oldest or newest there is where it
  // lies outside the last 5 s.
  const SoundValues& at(double seconds) const;

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace reverie
