// Plays a preset and everything that a performer does to it: one part of a chain.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "control/event.h"
#include "control/modulation.h"
#include "core/effect.h"

namespace reverie {

struct PlayerSetup {
  int width = 0, height = 0;  // of the pictures, in pixels
  int threads = 0;            // 0: one per core
  std::string kernel = "auto";
  Automation::ReadPicture read_picture;
  std::shared_ptr<CheckReport> check = nullptr;  // as in EffectSetup
  std::shared_ptr<Threads> pool = nullptr;       // that all parts share; null: one is made
};

class Player {
 public:
  // Error if the preset's files are missing or do not fit.
  Player(PlayerSetup setup, const Preset& preset, uint64_t seed);
  // Nothing plays until the process that is asked for begins.
  Player(PlayerSetup setup, ChangePreset first);
  ~Player();
  Player(const Player&) = delete;
  Player& operator=(const Player&) = delete;

  // Call before the next frame.  Error for a value that is not allowed, or a preset whose process could not
  // be created; the set then continues as before.  Events of the input and the clock are ignored here.
  void apply(const Event& event);

  // Does what takes long of the first frame, as Effect::begin() without a preroll.
  void begin(const Frame& frame);

  // Makes the next frame, [3, height, width] in 0..1; false where it does not: bypassed, or nothing plays
  // yet. followed: the signals of all parts; told: those of this one.
  bool process(const Frame& frame, const ToldSignals& followed, Planes& out, Told& told);
  // The share of that picture in the part's, 0..1.
  double wet() const { return wet_; }

  // As those of the effect.
  double bytes_ahead() const;
  bool looks_ahead() const;
  void look_ahead(const Planes& picture);

  // As Effect::save() and load(), of a player whose process does not change.
  void save(State& to) const;
  void load(const State& from);

  // Continues from the state of another player's process, where it fits.
  void follow(const Player& before);

  // The current preset, or the one on its way, including all changes by knobs.
  const Preset& preset() const;
  uint64_t seed() const;

  // The last frame's values, modulated.
  const ParameterValues& values() const;

  // A new process is ready and waits for BeginProcess.
  bool process_is_ready() const;
  bool plays() const { return !layers_.empty(); }  // false: its first process is not there yet
  bool busy() const;                               // a thread makes a process, wanted or not
  bool fading() const { return layers_.size() > 1; }
  bool needs_flow() const;  // of the input, for the next frame

 private:
  struct Layer;  // one process and its modulations
  struct Job;    // a process being built alongside the running one

  std::unique_ptr<Layer> make_layer(const Preset& preset, uint64_t seed) const;
  std::unique_ptr<Effect> make_effect(const Preset& preset, uint64_t seed) const;
  void change(const ChangePreset& change);
  void morph(const ChangePreset& change);
  void set(const SetParameter& set);
  void begin_process();
  void start_job(const Frame& frame, const ToldSignals& followed);
  bool play(const Frame& frame, const ToldSignals& followed, Planes& out, Told& told);
  void mix_layers(const Frame& frame, const ToldSignals& followed, Planes& out, Told& told);

  PlayerSetup setup_;
  std::vector<std::unique_ptr<Layer>>
      layers_;  // the last is the current one; the one before it is fading out
  std::unique_ptr<Job> job_;
  std::vector<std::unique_ptr<Job>> abandoned_;  // no longer needed
  std::optional<uint64_t> new_noise_;
  Planes ghost_;  // what was shown when a fade began during a fade
  Planes shown_;
  double fade_start_ = 0, fade_seconds_ = 0;
  double wet_ = 1;
  int64_t fade_frame_ = 0;  // since the fade began
};

// How far a fade of so many seconds has come after `seconds`, 0..1: smoothly; 1 where it takes no time.
double fade_share(double seconds, double fade);

// to += share * (from - to); both of one shape.
void blend(Planes& to, const Planes& from, double share);

// Whether both presets run on the same process: effect and fixed parameters, except those that only affect
// its start.
bool same_structure(const Preset& a, const Preset& b);

// Values between a (0) and b (1): numbers and maps are interpolated, words and whole numbers change in the
// middle.
ParameterValues between(const ParameterValues& a, const ParameterValues& b, double share);

}  // namespace reverie
