// The tempo of a sound and the position in its beats, from the strengths of its onsets.  Internal to sound/.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>

namespace reverie {

class Tempo {
 public:
  // known: a tempo to start with, in beats per minute; 0: none.
  explicit Tempo(double known) : bpm_(known), known_(known > 0) {}

  static constexpr double kHop = 0.01;                    // seconds between two pushes
  static constexpr double kSlowest = 60, kFastest = 200;  // beats per minute

  // strength: 0..1, of the onset; onset: whether there is one.
  void push(double strength, bool onset);

  double bpm() const { return known_ ? bpm_ : 0; }  // 0: none found
  double beats() const { return beats_; }  // never decreases; whole numbers at the onsets of the beat

 private:
  static constexpr int kTeeth = 4;    // of the comb: a beat, and the three before it
  static constexpr int kLags = 402;   // kTeeth beats at the slowest tempo, in hops, with room to interpolate
  static constexpr int kSteps = 281;  // from the slowest to the fastest in steps of half a beat per minute

  void correlate(double strength);
  double correlation(double lag) const;
  double fit(double bpm) const;
  void estimate();
  void advance(bool onset);

  std::array<double, 512> recent_{};  // strengths, the newest at place_
  size_t place_ = 0;
  std::array<double, kLags> products_{};  // decaying sums over time of strength(t) strength(t - lag)
  double sum_ = 0, weight_ = 0;           // of strengths and of ones, decaying likewise
  double before_ = 0, before_that_ = 0;   // the last two raw strengths
  int64_t hops_ = 0;
  double bpm_;
  bool known_;
  double beats_ = 0, owed_ = 0;  // owed: how much the beats still have to be shifted
  int locked_ = 0;               // onsets that the beats have followed at this tempo
};

}  // namespace reverie
