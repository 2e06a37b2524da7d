#include "pipeline/signal_source.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <vector>

#include "core/error.h"
#include "core/log.h"
#include "core/stop.h"
#include "media/sound_reader.h"
#include "sound/sound_analysis.h"

namespace reverie {
namespace {

static_assert(SoundReader::kRate == SoundAnalysis::kRate);

constexpr int kAhead =
    SoundAnalysis::kWindow / 2;  // samples: the middle of the window is then the frame's time

}  // namespace

bool follows_sound(const Chain& chain) {
  return std::any_of(chain.parts.begin(), chain.parts.end(), [](const Part& part) {
    const std::vector<Follower>& all = part.preset.followers;
    return std::any_of(all.begin(), all.end(), [](const Follower& f) { return f.signal.empty(); });
  });
}

bool follows_beat(const Chain& chain) {
  return std::any_of(chain.parts.begin(), chain.parts.end(), [](const Part& part) {
    const std::vector<Lfo>& all = part.preset.lfos;
    return std::any_of(all.begin(), all.end(), [](const Lfo& l) { return l.beats.has_value(); });
  });
}

SoundMeasure measure_sound(const SinkOptions::Sound& sound) {
  SoundReader reader({sound.spec, sound.start, false});
  SoundAnalysis analysis;
  std::vector<float> hop(SoundAnalysis::kHop);
  std::array<int64_t, 1024> times{};  // how often each tempo was found, in steps of half a beat per minute
  for (size_t n = hop.size(); n == hop.size() && !stop_requested();) {
    n = reader.read(hop);
    analysis.push(std::span(hop).first(n));
    const auto tempo = static_cast<size_t>(std::lround(2 * analysis.newest().tempo));
    if (tempo > 0) ++times[std::min(tempo, times.size() - 1)];
  }
  const auto most = std::max_element(times.begin(), times.end());
  const double tempo = *most > 0 ? static_cast<double>(most - times.begin()) / 2 : 0;
  return {static_cast<double>(analysis.samples()) / SoundAnalysis::kRate, tempo};
}

struct SignalSource::Listener {
  Listener(const SinkOptions::Sound& sound, double fps, double tempo)
      : reader(sound, fps), analysis(tempo), name(sound.spec) {}

  void listen_until(int64_t sample);
  size_t read(std::span<float> out);

  SoundReader reader;
  SoundAnalysis analysis;
  std::string name;
  bool broken = false;
  std::vector<float> block = std::vector<float>(SoundAnalysis::kHop);
};

// If the sound breaks, the rest is left out.
size_t SignalSource::Listener::read(std::span<float> out) {
  if (broken) return 0;
  try {
    return reader.read(out);
  } catch (const Error& e) {
    broken = true;
    warning(fmt::format("the sound ends here: {}", e.what()));
    return 0;
  }
}

void SignalSource::Listener::listen_until(int64_t sample) {
  while (analysis.samples() < sample) {
    const auto wanted = static_cast<size_t>(
        std::min<int64_t>(static_cast<int64_t>(block.size()), sample - analysis.samples()));
    const std::span<float> part = std::span(block).first(wanted);
    const size_t n = read(part);
    std::fill(part.begin() + static_cast<std::ptrdiff_t>(n), part.end(), 0.0F);
    analysis.push(part);
  }
}

SignalSource::SignalSource(const SignalOptions& options) : options_(options) {
  if (options.sound) listener_ = std::make_unique<Listener>(*options.sound, options.fps, options.measured);
}

SignalSource::~SignalSource() = default;

Signals SignalSource::at(const FrameTime& time) {
  Signals s = silent_signals(time.seconds, options_.tempo.value_or(kDefaultTempo));
  if (!listener_) return s;
  listener_->listen_until(std::llround(time.seconds * SoundAnalysis::kRate) + kAhead);
  const SoundValues& v = listener_->analysis.newest();
  s.level = v.level;
  s.bass = v.bass;
  s.mid = v.mid;
  s.treble = v.treble;
  s.onset = v.onset;
  if (!options_.tempo && options_.measured > 0) {
    s.beats = v.beats;
    s.tempo = v.tempo;
  }
  return s;
}

}  // namespace reverie
