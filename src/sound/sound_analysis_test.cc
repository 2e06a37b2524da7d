#include "sound/sound_analysis.h"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>
#include <vector>

#include "core/random.h"

namespace reverie {
namespace {

constexpr int kRate = SoundAnalysis::kRate;
constexpr double kHopSeconds = static_cast<double>(SoundAnalysis::kHop) / kRate;

std::vector<float> sine(double hz, double seconds, double amplitude = 0.5) {
  std::vector<float> out(static_cast<size_t>(seconds * kRate));
  for (size_t i = 0; i < out.size(); ++i)
    out[i] = static_cast<float>(amplitude * std::sin(2 * M_PI * hz * static_cast<double>(i) / kRate));
  return out;
}

std::vector<float> noise(double seconds, float amplitude) {
  std::vector<float> out(static_cast<size_t>(seconds * kRate));
  const Random draws(3);
  for (size_t i = 0; i < out.size(); ++i) out[i] = amplitude * draws.signed_at(i);
  return out;
}

// Drum hits: a falling tone of 60 Hz that decays in a tenth of a second, the first at `first` s.
std::vector<float> kicks(double bpm, double seconds, double first = 0, double amplitude = 0.8) {
  std::vector<float> out(static_cast<size_t>(seconds * kRate));
  for (double at = first; at < seconds; at += 60 / bpm) {
    const auto begin = static_cast<size_t>(std::llround(at * kRate));
    for (size_t i = begin; i < std::min(out.size(), begin + kRate / 4); ++i) {
      const double t = static_cast<double>(i - begin) / kRate;
      out[i] += static_cast<float>(amplitude * std::exp(-t / 0.05) *
                                   std::sin(2 * M_PI * (60 * t + 2 * (1 - std::exp(-t / 0.02)))));
    }
  }
  return out;
}

std::vector<float> clicks(double bpm, double seconds) {
  std::vector<float> out(static_cast<size_t>(seconds * kRate));
  for (double at = 0; at < seconds - 0.01; at += 60 / bpm) {
    const auto begin = static_cast<size_t>(std::llround(at * kRate));
    for (size_t i = begin; i < begin + 48; ++i) out[i] = i % 2 ? -0.7F : 0.7F;
  }
  return out;
}

// The values of each hop, with the samples pushed in blocks of this size.
std::vector<SoundValues> values_of(const std::vector<float>& samples, size_t block = SoundAnalysis::kHop,
                                   double tempo = 0) {
  SoundAnalysis analysis(tempo);
  std::vector<SoundValues> all;
  const std::span<const float> whole(samples);
  int64_t hops = 0;
  for (size_t i = 0; i < whole.size(); i += block) {
    analysis.push(whole.subspan(i, std::min(block, whole.size() - i)));
    for (; (hops + 1) * SoundAnalysis::kHop <= analysis.samples(); ++hops)
      all.push_back(analysis.at(static_cast<double>(hops + 1) * kHopSeconds));
  }
  return all;
}

// When the pulses begin, in seconds: the end of the hop that detected them.
std::vector<double> onsets_of(const std::vector<SoundValues>& values) {
  std::vector<double> at;
  for (size_t i = 0; i < values.size(); ++i) {
    if (values[i].onset == 1) at.push_back(static_cast<double>(i + 1) * kHopSeconds);
  }
  return at;
}

TEST(SoundAnalysis, ASineIsInItsBandAlone) {
  const struct {
    double hz;
    float SoundValues::*band;
  } cases[] = {{100, &SoundValues::bass}, {700, &SoundValues::mid}, {5000, &SoundValues::treble}};
  for (const auto& c : cases) {
    const SoundValues v = values_of(sine(c.hz, 1)).back();
    EXPECT_NEAR(v.level, 1, 0.01) << c.hz;
    for (const auto& other : cases) {
      if (other.band == c.band) {
        EXPECT_NEAR(v.*other.band, 1, 0.01) << c.hz;
      } else {
        EXPECT_LT(v.*other.band, 0.03) << c.hz;
      }
    }
  }
}

TEST(SoundAnalysis, LevelFollowsTheLoudnessAndTheGainForgets) {
  std::vector<float> s = sine(440, 1, 0.8);
  const std::vector<float> soft = sine(440, 40, 0.2);
  s.insert(s.end(), soft.begin(), soft.end());
  const auto values = values_of(s);
  EXPECT_NEAR(values[99].level, 1, 0.01);
  EXPECT_NEAR(values[110].level, 0.25, 0.02);
  EXPECT_GT(values.back().level, 0.99);  // half in 8 s
}

TEST(SoundAnalysis, SilenceIsNothing) {
  for (const SoundValues& v : values_of(std::vector<float>(kRate * 5))) {
    EXPECT_EQ(v.level, 0);
    EXPECT_EQ(v.bass, 0);
    EXPECT_EQ(v.treble, 0);
    EXPECT_EQ(v.onset, 0);
    EXPECT_EQ(v.tempo, 0);
  }
  for (const SoundValues& v : values_of(noise(2, 1e-4F))) {  // the noise of a good microphone
    EXPECT_LT(v.level, 0.05);
    EXPECT_EQ(v.onset, 0);
  }
}

TEST(SoundAnalysis, HostileSamplesCountAsNothing) {
  std::vector<float> s = sine(100, 1);
  std::vector<float> clean = s;
  const float bad[] = {std::numeric_limits<float>::quiet_NaN(), std::numeric_limits<float>::infinity(),
                       -std::numeric_limits<float>::infinity()};
  for (size_t i = 0; i < s.size(); i += 7) s[i] = bad[i % 3], clean[i] = 0;
  EXPECT_EQ(values_of(s).back().level, values_of(clean).back().level);
  s.assign(kRate, std::numeric_limits<float>::max());
  for (const SoundValues& v : values_of(s)) {
    EXPECT_TRUE(v.level >= 0 && v.level <= 1 && v.treble >= 0 && v.treble <= 1 && v.bass <= 1);
  }
}

TEST(SoundAnalysis, TheSameToTheBitForAnyBlocks) {
  std::vector<float> s = kicks(120, 5);
  const std::vector<float> hiss = noise(5, 0.05F);
  for (size_t i = 0; i < s.size(); ++i) s[i] += hiss[i];
  const auto reference = values_of(s);
  for (const size_t block : {size_t{1}, size_t{37}, size_t{512}, size_t{4096}, s.size()}) {
    const auto values = values_of(s, block);
    ASSERT_EQ(values.size(), reference.size());
    for (size_t i = 0; i < values.size(); ++i) {
      ASSERT_EQ(values[i].level, reference[i].level) << block << " " << i;
      ASSERT_EQ(values[i].mid, reference[i].mid);
      ASSERT_EQ(values[i].onset, reference[i].onset);
      ASSERT_EQ(values[i].tempo, reference[i].tempo);
      ASSERT_EQ(values[i].beats, reference[i].beats);
    }
  }
}

void expect_onsets(const std::vector<float>& sound, double bpm, double seconds, double first = 0) {
  const std::vector<double> found = onsets_of(values_of(sound));
  ASSERT_EQ(found.size(), static_cast<size_t>(std::ceil((seconds - first - 0.01) * bpm / 60))) << bpm;
  for (size_t i = 0; i < found.size(); ++i) {
    const double late = found[i] - first - static_cast<double>(i) * 60 / bpm;
    EXPECT_GE(late, 0) << bpm << " " << i;
    EXPECT_LE(late, 2 * kHopSeconds) << bpm << " " << i;
  }
}

TEST(SoundAnalysis, OnsetsAreWhereTheyAreAndNowhereElse) {
  expect_onsets(clicks(120, 8), 120, 8);
  expect_onsets(kicks(120, 8, 0.123), 120, 8, 0.123);
  expect_onsets(kicks(97, 8, 0.5, 0.1), 97, 8, 0.5);
  EXPECT_EQ(onsets_of(values_of(sine(200, 3))).size(), 1U);  // its beginning
}

TEST(SoundAnalysis, OnsetsUnderNoise) {
  std::vector<float> s = kicks(120, 8, 1);
  const std::vector<float> hiss = noise(8, 0.02F);
  for (size_t i = 0; i < s.size(); ++i) s[i] += hiss[i];
  std::vector<double> found = onsets_of(values_of(s));
  std::erase_if(found, [](double t) { return t < 1; });  // the start of the noise is an onset too
  ASSERT_EQ(found.size(), 14U);
  for (size_t i = 0; i < found.size(); ++i) EXPECT_NEAR(found[i], 1 + 0.5 * static_cast<double>(i), 0.025);
}

TEST(SoundAnalysis, Tempo) {
  for (const double bpm : {62.0, 75.0, 90.0, 100.0, 120.0, 128.0, 140.0, 174.0, 195.0}) {
    EXPECT_NEAR(values_of(clicks(bpm, 12)).back().tempo, bpm, 1) << bpm;
    EXPECT_NEAR(values_of(kicks(bpm, 12, 0.3)).back().tempo, bpm, 1) << bpm;
  }
  EXPECT_EQ(values_of(noise(12, 0.3F)).back().tempo, 0);
  EXPECT_EQ(values_of(sine(300, 12)).back().tempo, 0);
}

TEST(SoundAnalysis, BeatsNeverFallAndLieOnTheStrokes) {
  const double bpm = 132;
  const auto values = values_of(kicks(bpm, 20, 0.37), SoundAnalysis::kHop, bpm);
  for (size_t i = 1; i < values.size(); ++i) ASSERT_GE(values[i].beats, values[i - 1].beats);
  for (double at = 5; at < 20; at += 0.01) {
    const double wanted = (at - 0.37) * bpm / 60;
    const double found = values[static_cast<size_t>(at / kHopSeconds)].beats;
    EXPECT_LT(std::abs(std::remainder(found - wanted, 1)), 0.1) << at;
  }
  EXPECT_NEAR(values.back().beats, (20 - 0.37) * bpm / 60, 1.1);
}

TEST(SoundAnalysis, AtATime) {
  SoundAnalysis analysis;
  EXPECT_EQ(analysis.at(3).level, 0);
  EXPECT_EQ(analysis.newest().level, 0);
  std::vector<float> s(kRate);
  const std::vector<float> tone = sine(300, 1);
  s.insert(s.end(), tone.begin(), tone.end());
  analysis.push(s);
  EXPECT_EQ(analysis.at(1.0).level, 0);
  EXPECT_GT(analysis.at(1.06).level, 0.9);
  EXPECT_EQ(analysis.at(-1).level, 0);
  EXPECT_EQ(&analysis.at(99), &analysis.newest());
  EXPECT_EQ(&analysis.at(std::nan("")), &analysis.at(0));
}

}  // namespace
}  // namespace reverie
