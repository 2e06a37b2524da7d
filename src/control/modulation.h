// Applies a preset's modulations: computes the values of a frame from its time and its signals.
#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <memory>
#include <optional>
#include <vector>

#include "control/preset.h"
#include "core/effect.h"
#include "core/random.h"
#include "core/signals.h"

namespace reverie {

// Keyframes, LFOs and maps are functions of a frame's time and signals: seeking and resuming give the same
// values as playing through, on every machine.  Only the sound followers have memory: their state depends on
// the frames before, so the same values require the same frames and signals from the start.
class Automation {
 public:
  using ReadPicture = std::function<Planes(const std::filesystem::path&)>;

  // seed: the render's. read_picture: for maps that are files, [3, H, W] or [1, H, W]; Error if one is
  // missing or cannot be read.
  Automation(const Preset& preset, uint64_t seed, const ReadPicture& read_picture);

  // The values before any modulation.  They may be changed between frames.
  ParameterValues& base() { return base_; }

  // The values of a frame: the base or the keyframes, plus the LFOs and the followers, kept within each
  // parameter's range.  The followers go on by the time since the last call; the first one, and
  // one that goes back in time, takes them to where the sound is.
  // Without a picture the maps that are "input" do nothing.
  // told: the signals of parts.
  void apply(const Frame& frame, const ToldSignals& told, ParameterValues& values);
  // The same in silence and at the default tempo; does not advance the followers.
  void apply(const FrameTime& time, const Planes* input, ParameterValues& values) const;

  // How far the followers have come, as Effect::save() and load().
  void save(State& to) const;
  void load(const State& from);

 private:
  struct Oscillator {
    Lfo lfo;
    Random draws{0};
  };
  struct Envelope {
    Follower follower;
    double value = 0;  // 0..1
  };
  // Everything that moves one parameter in time.
  struct Track {
    size_t parameter = 0;
    size_t entries = 1;  // minimum length of the list, so that levels above a named one keep their values
    std::vector<Keyframes> keyframes;
    std::vector<Oscillator> oscillators;
    std::vector<Envelope> envelopes;
  };
  struct MovingMap {
    MapSpec spec;
    std::shared_ptr<const Planes> picture;  // null: the input
  };

  Track& track_of(const std::string& parameter, const std::vector<int>& levels);
  double value_at(const Track& track, int level, double seconds, double beats) const;
  void go_on(double seconds, const Signals& signals, const ToldSignals& told);
  void make(double seconds, double beats, const Planes* input, ParameterValues& values) const;
  void apply_maps(const Planes* input, ParameterValues& values) const;

  ParameterValues base_;
  std::vector<Track> tracks_;
  std::vector<MovingMap> maps_;
  std::optional<double> last_;  // seconds of the last frame the followers have seen
};

}  // namespace reverie
