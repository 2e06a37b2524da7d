// Plays a preset and everything that a performer does to it; the same offline, live and in a replay, because
// all that happens comes as events between frames.
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
};

class Player {
 public:
  // Error when the preset's files are missing or do not fit.
  Player(PlayerSetup setup, const Preset& preset, uint64_t seed);
  ~Player();
  Player(const Player&) = delete;
  Player& operator=(const Player&) = delete;

  // Before the next frame.  Error for a value that is not allowed and for a preset whose process could not be
  // made; the set then goes on as before.  Events of the input and the clock are not the player's and do
  // nothing.
  void apply(const Event& event);

  // Makes the next frame.  input: [3, height, width] in 0..1 or null; out: the same shape.
  void process(const FrameTime& time, const Signals& signals, const Planes* input, Planes& out);

  // The preset that is played or on its way, with all that the knobs did to it.
  const Preset& preset() const;
  uint64_t seed() const;

  // The last frame's values, modulated.
  const ParameterValues& values() const;

  // A new process is made and waits for BeginProcess.
  bool process_is_ready() const;
  bool fading() const { return layers_.size() > 1; }

 private:
  struct Layer;  // one process and what moves its values
  struct Job;    // a process being made beside the running one

  std::unique_ptr<Layer> make_layer(const Preset& preset, uint64_t seed) const;
  std::unique_ptr<Effect> make_effect(const Preset& preset, uint64_t seed) const;
  void change(const ChangePreset& change);
  void morph(const ChangePreset& change);
  void set(const SetParameter& set);
  void begin_process();
  void start_job(const FrameTime& time, const Signals& signals, const Planes* input);
  void mix_layers(const FrameTime& time, const Signals& signals, const Planes* input, Planes& out);

  PlayerSetup setup_;
  std::vector<std::unique_ptr<Layer>>
      layers_;  // the last is the one that is played; before it one that fades
  std::unique_ptr<Job> job_;
  std::vector<std::unique_ptr<Job>> abandoned_;  // nobody waits for them any more
  std::optional<uint64_t> new_noise_;
  Planes ghost_;  // what was shown when a fade began within a fade
  Planes shown_;
  double fade_start_ = 0, fade_seconds_ = 0;
  int64_t fade_frame_ = 0;  // since the fade began
};

// Whether both presets play on the same process: effect and fixed parameters, but for those that only say how
// it starts.
bool same_structure(const Preset& a, const Preset& b);

// Values between a (0) and b (1): numbers and maps go over, words and whole numbers change in the middle.
ParameterValues between(const ParameterValues& a, const ParameterValues& b, double share);

}  // namespace reverie
