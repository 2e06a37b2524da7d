#include "control/modulation.h"

#include <algorithm>
#include <cmath>

#include "control/map_pictures.h"
#include "control/modulators_toml.h"
#include "core/error.h"
#include "core/parameter.h"

namespace reverie {
namespace {

constexpr uint64_t kLfoStream = 1, kMapStream = 2;  // keys of the random streams split off the render's seed

void invert(Planes& picture) {
  for (float& v : picture.data()) v = 1 - v;
}

Planes brightness(const Planes& picture) {
  return picture.channels() == 1 ? picture : luma(picture);
}

// The picture of a map that is not the input, [1, H, W]. place: index in the list of maps.
Planes map_picture(const Preset& preset, const MapSpec& map, uint64_t seed, size_t place,
                   const Automation::ReadPicture& read_picture) {
  const std::vector<std::string>& generated = generated_map_names();
  Planes picture;
  if (std::find(generated.begin(), generated.end(), map.picture) != generated.end()) {
    picture = generate_map(map.picture, Random(seed).split(kMapStream).split(place).bits());
  } else {
    const Planes read = read_picture(find_asset(preset, map.picture));
    if (read.empty() || (read.channels() != 1 && read.channels() != 3))
      throw Error("use the map", map.picture, "it is not a colour or grey picture");
    picture = brightness(read);
  }
  if (map.invert) invert(picture);
  return picture;
}

}  // namespace

Automation::Automation(const Preset& preset, uint64_t seed, const ReadPicture& read_picture)
    : base_(preset.values) {
  for (const Keyframes& k : preset.keyframes) track_of(k.parameter, k.levels).keyframes.push_back(k);
  for (size_t i = 0; i < preset.lfos.size(); ++i) {
    const Lfo& lfo = preset.lfos[i];
    const Random draws =
        lfo.seed ? Random(static_cast<uint64_t>(*lfo.seed)) : Random(seed).split(kLfoStream).split(i);
    track_of(lfo.parameter, lfo.levels).oscillators.push_back({lfo, draws});
  }
  for (const Follower& f : preset.followers) track_of(f.parameter, f.levels).envelopes.push_back({f, 0});
  for (size_t i = 0; i < preset.maps.size(); ++i) {
    const MapSpec& map = preset.maps[i];
    std::shared_ptr<const Planes> picture;
    if (map.picture != "input")
      picture = std::make_shared<const Planes>(map_picture(preset, map, seed, i, read_picture));
    maps_.push_back({map, std::move(picture)});
  }
}

Automation::Track& Automation::track_of(const std::string& parameter, const std::vector<int>& levels) {
  const size_t index = base_.table().index(parameter);
  auto it =
      std::find_if(tracks_.begin(), tracks_.end(), [&](const Track& t) { return t.parameter == index; });
  if (it == tracks_.end()) it = tracks_.insert(it, {index, 1, {}, {}, {}});
  if (base_.table()[index].per_level) {
    for (const int level : levels)
      it->entries = std::clamp(static_cast<size_t>(level) + 2, it->entries, size_t{kMostListValues});
  }
  return *it;
}

double Automation::value_at(const Track& track, int level, double seconds, double beats) const {
  double value = base_.number(base_.table()[track.parameter].name, level);
  for (const Keyframes& k : track.keyframes) {
    if (covers(k.levels, level)) value = keyframe_value(k, seconds);
  }
  for (const Oscillator& o : track.oscillators) {
    const double turns = o.lfo.beats ? beats / *o.lfo.beats : seconds / o.lfo.period;
    if (covers(o.lfo.levels, level)) value += o.lfo.depth * wave(o.lfo.shape, turns + o.lfo.phase, o.draws);
  }
  for (const Envelope& e : track.envelopes) {
    if (covers(e.follower.levels, level)) value += e.follower.depth * e.value;
  }
  return value;
}

void Automation::go_on(double seconds, const Signals& signals, const ToldSignals& told) {
  const bool anew = !last_ || seconds < *last_;
  for (Track& track : tracks_) {
    for (Envelope& e : track.envelopes) {
      const double target = value_of(signals, told, e.follower);
      e.value = anew ? target : follow(e.follower, e.value, target, seconds - *last_);
    }
  }
  last_ = seconds;
}

void Automation::save(State& to) const {
  std::vector<double> envelopes;
  for (const Track& track : tracks_) {
    for (const Envelope& e : track.envelopes) envelopes.push_back(e.value);
  }
  to.put_numbers("followers", envelopes);
  if (last_) to.put_number("last", *last_);
}

void Automation::load(const State& from) {
  const std::vector<double> envelopes = from.numbers("followers");
  size_t i = 0;
  for (Track& track : tracks_) {
    for (Envelope& e : track.envelopes) e.value = i < envelopes.size() ? envelopes[i++] : 0;
  }
  last_.reset();
  if (from.has("last")) last_ = from.number("last");
}

void Automation::apply(const Frame& frame, const ToldSignals& told, ParameterValues& values) {
  go_on(frame.time.seconds, frame.heard, told);
  make(frame.time.seconds, std::isfinite(frame.heard.beats) ? frame.heard.beats : 0, frame.picture, values);
}

void Automation::apply(const FrameTime& time, const Planes* input, ParameterValues& values) const {
  make(time.seconds, silent_signals(time.seconds).beats, input, values);
}

void Automation::make(double seconds, double beats, const Planes* input, ParameterValues& values) const {
  values = base_;
  for (const Track& track : tracks_) {
    const size_t given = base_.list(base_.table()[track.parameter].name).size();
    const int entries = static_cast<int>(std::max(given, track.entries));
    for (int level = 0; level < entries; ++level)
      values.nudge(track.parameter, level, value_at(track, level, seconds, beats));
  }
  apply_maps(input, values);
}

void Automation::apply_maps(const Planes* input, ParameterValues& values) const {
  std::shared_ptr<const Planes> bright, dark;  // of the input, computed when first needed
  for (const MovingMap& map : maps_) {
    std::shared_ptr<const Planes> picture = map.picture;
    if (!picture && input) {
      std::shared_ptr<const Planes>& made = map.spec.invert ? dark : bright;
      if (!made) {
        Planes p = brightness(*input);
        if (map.spec.invert) invert(p);
        made = std::make_shared<const Planes>(std::move(p));
      }
      picture = made;
    }
    if (picture) values.set_map(map.spec.parameter, {picture, map.spec.depth});
  }
}

}  // namespace reverie
