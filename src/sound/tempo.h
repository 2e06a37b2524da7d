// The tempo of a sound and where in its beats it is, from the strengths of its onsets.  Internal to sound/.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>

namespace reverie {

class Tempo {
 public:
  // known: a tempo to begin with, in beats a minute; 0: none.
  explicit Tempo(double known) : bpm_(known), known_(known > 0) {}

  static constexpr double kHop = 0.01;                    // seconds between two pushes
  static constexpr double kSlowest = 60, kFastest = 200;  // beats a minute

  // strength: 0..1, how much begins; onset: whether one is there.
  void push(double strength, bool onset);

  double bpm() const { return known_ ? bpm_ : 0; }  // 0: none found
  double beats() const { return beats_; }           // never falls; whole where the onsets of the beat are

 private:
  static constexpr int kTeeth = 4;    // of the comb: a beat, and the three before it
  static constexpr int kLags = 402;   // kTeeth beats of the slowest tempo, in hops, and room to interpolate
  static constexpr int kSteps = 281;  // from the slowest to the fastest by half a beat a minute

  void correlate(double strength);
  double correlation(double lag) const;
  double fit(double bpm) const;
  void estimate();
  void advance(bool onset);

  std::array<double, 512> recent_{};  // strengths, the newest at place_
  size_t place_ = 0;
  std::array<double, kLags> products_{};  // sums over time of strength(t) strength(t - lag), fading
  double sum_ = 0, weight_ = 0;           // of strengths and of ones, fading likewise
  double before_ = 0, before_that_ = 0;   // the last two raw strengths
  int64_t hops_ = 0;
  double bpm_;
  bool known_;
  double beats_ = 0, owed_ = 0;  // owed: what the beats are to be moved by
  int locked_ = 0;               // onsets that the beats have followed at this tempo
};

}  // namespace reverie
