#include "sound/sound_analysis.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <vector>

#include "sound/onsets.h"
#include "sound/spectrum.h"
#include "sound/tempo.h"

namespace reverie {
namespace {

static_assert(SoundAnalysis::kWindow == Spectrum::kWindow);
static_assert(SoundAnalysis::kHop == Tempo::kHop * SoundAnalysis::kRate);

constexpr double kBinHz = static_cast<double>(SoundAnalysis::kRate) / SoundAnalysis::kWindow;
constexpr double kBassEnd = 250, kMidEnd = 2000;  // Hz
constexpr float kLoudest = 8;                     // samples are clipped to it: their squares would overflow

constexpr double kGainForget = 1 - 1 / 1200.0;  // of a maximum, per hop: half in 8 s, about a verse
constexpr double kFloor = 0.003;  // the smallest maximum, RMS: -50 dB of full scale, a quiet room
constexpr double kBandFloor =
    0.03;  // the smallest maximum of a band, relative to the level's: leakage into it stays low
constexpr double kOnsetForget = 0.905;  // of the pulse, per hop: half in 70 ms

constexpr size_t kHistory = 512;  // hops

// A value relative to its own slowly decaying maximum.
class AutomaticGain {
 public:
  float operator()(double value, double floor) {
    maximum_ = std::max(value, maximum_ * kGainForget);
    return static_cast<float>(value / std::max(maximum_, floor));
  }
  double maximum() const { return maximum_; }

 private:
  double maximum_ = 0;
};

// RMS between two frequencies.
double band(std::span<const float> power, double from_hz, double to_hz) {
  double sum = 0;
  for (size_t b = 1; b < power.size(); ++b) {  // bin 0 is not sound but an offset
    const double hz = static_cast<double>(b) * kBinHz;
    if (hz >= from_hz && hz < to_hz) sum += power[b];
  }
  return std::sqrt(sum);
}

}  // namespace

struct SoundAnalysis::State {
  explicit State(double known_tempo) : tempo(known_tempo), window(kWindow), values(kHistory) {}

  void hop();
  const SoundValues& of_hop(int64_t number) const { return values[static_cast<size_t>(number) % kHistory]; }

  Spectrum spectrum;
  Onsets onsets{kBinHz};
  Tempo tempo;
  AutomaticGain level, bass, mid, treble;
  float pulse = 0;
  std::vector<float> window;  // the last samples, of which the last `waiting` do not fill a hop yet
  size_t waiting = 0;
  int64_t hops = 0;
  std::vector<SoundValues> values;  // hop n at n % kHistory
  SoundValues nothing;
};

void SoundAnalysis::State::hop() {
  const std::span<const float> power = spectrum.power(window);
  SoundValues v;
  v.level = level(band(power, 0, kRate), kFloor);
  const double floor = std::max(kFloor, kBandFloor * level.maximum());
  v.bass = bass(band(power, 0, kBassEnd), floor);
  v.mid = mid(band(power, kBassEnd, kMidEnd), floor);
  v.treble = treble(band(power, kMidEnd, kRate), floor);
  const bool onset = onsets.push(power);
  pulse = onset ? 1 : pulse * static_cast<float>(kOnsetForget);
  v.onset = pulse;
  tempo.push(onsets.strength(), onset);
  v.tempo = tempo.bpm();
  v.beats = tempo.beats();
  values[static_cast<size_t>(hops++) % kHistory] = v;
}

SoundAnalysis::SoundAnalysis(double tempo) : state_(std::make_unique<State>(tempo)) {}
SoundAnalysis::~SoundAnalysis() = default;

void SoundAnalysis::push(std::span<const float> samples) {
  State& s = *state_;
  while (!samples.empty()) {
    const size_t n = std::min(samples.size(), kHop - s.waiting);
    if (s.waiting == 0) std::copy(s.window.begin() + kHop, s.window.end(), s.window.begin());
    float* to = s.window.data() + kWindow - kHop + s.waiting;
    for (size_t i = 0; i < n; ++i)
      to[i] = std::isfinite(samples[i]) ? std::clamp(samples[i], -kLoudest, kLoudest) : 0.0F;
    samples = samples.subspan(n);
    s.waiting += n;
    if (s.waiting < kHop) return;
    s.waiting = 0;
    s.hop();
  }
}

int64_t SoundAnalysis::samples() const {
  return state_->hops * kHop + static_cast<int64_t>(state_->waiting);
}

const SoundValues& SoundAnalysis::newest() const {
  return state_->hops == 0 ? state_->nothing : state_->of_hop(state_->hops - 1);
}

const SoundValues& SoundAnalysis::at(double seconds) const {
  const State& s = *state_;
  if (s.hops == 0) return s.nothing;
  if (!(seconds > 0)) seconds = 0;  // NaN too
  constexpr double kHair = 1e-6;    // a time at the end of a hop must not fall before it
  const double ended =
      std::clamp(std::floor(seconds * kRate / kHop + kHair), 0.0, static_cast<double>(s.hops));
  const auto oldest = std::max<int64_t>(0, s.hops - static_cast<int64_t>(kHistory));
  return s.of_hop(std::max(static_cast<int64_t>(ended) - 1, oldest));
}

}  // namespace reverie
