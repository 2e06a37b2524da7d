// Feedback that is learned: weights and shares of a transition are trained through time.
#pragma once

#include <filesystem>
#include <memory>
#include <string>
#include <vector>

#include "alive/looks.h"
#include "control/preset.h"
#include "core/planes.h"
#include "motion/flow.h"
#include "train/task.h"

namespace reverie {

struct AliveSetup {
  AliveSetup(Preset from_preset, ParameterValues from_settings)
      : preset(std::move(from_preset)), settings(std::move(from_settings)) {}
  Preset preset;              // what is trained begins from: its structure, and all that is not learned
  ParameterValues settings;   // of alive_settings(); `network` by its path
  std::vector<Planes> style;  // what it should look like
  std::vector<Planes>
      clip;     // frames in a row, of the size that is trained on: not empty, it learns to predict
  Flow motion;  // where it should move, besides motion_x and so on: the mean flow of a clip; or empty
  uint64_t seed = 1;
  std::string device = "cpu";  // or "cuda"
};

// One step of the solver, for logs.
struct AliveStep {
  int64_t iteration = 0;  // from 0
  int frames = 0;         // that it unrolled
  double loss = 0;
  std::vector<Figure> parts;
};

class Learner;

// To look like a style: a pool of hierarchies lives on from step to step; each step takes some of them, a few
// fresh or damaged, lets them run freely, then unrolls some frames through which the gradient flows
// (Mordvintsev et al. 2020, "Growing Neural Cellular Automata"; Niklasson et al. 2021, "Self-Organising
// Textures").  To predict a clip: predictor.cc.
class AliveTraining {
 public:
  // Error for what cannot be trained: what Twin::check says, a preset of another effect, one with an input
  // that is to look like a style.
  explicit AliveTraining(AliveSetup setup);
  ~AliveTraining();
  AliveTraining(const AliveTraining&) = delete;
  AliveTraining& operator=(const AliveTraining&) = delete;

  bool done() const;
  int64_t iteration() const;
  // Error where the loss is not finite; Stopped after Ctrl-C, with nothing changed.
  AliveStep step();

  // What it needs to go on as if it had never stopped.
  TensorFile checkpoint() const;
  void resume(const TensorFile& checkpoint);

  // What plays in the engine: the weights, and a preset that names them as `file`.
  TensorFile weights() const;
  Preset preset(const std::string& name, const std::string& file) const;

 private:
  std::unique_ptr<Learner> learner_;
};

// How many of a clip's frames are learned from; the rest, at its end, are held out for `evaluate`.
int64_t learned_frames(int64_t frames, double held_out);

// Width and height that fit the preset's levels, for a clip of width x height: about its shape, with a
// shorter side of about `shorter`.
std::pair<int, int> prediction_size(const Preset& preset, int shorter, int width, int height);

// A run: RUN/alive.toml (how it is made), checkpoint.safetensors, NAME.toml and NAME.safetensors (float16),
// and motion.flo, AliveSetup::motion as it was at the start.
inline constexpr const char* kCarried = "_carried";  // what a training begins from that moves as a clip

struct AliveOptions {
  std::filesystem::path run;
  std::string name;                   // of the preset that it makes
  std::string from = "_alive";        // the preset that it begins from
  std::vector<std::string> style;     // pictures, clips or folders, as absolute paths
  std::string predict;                // a clip in place of a style
  std::string motion;                 // a clip that moves as it should move, or a .flo file
  std::vector<std::string> settings;  // KEY=VALUE
  std::vector<std::string> changes;   // of the preset's parameters
  uint64_t seed = 1;
  int threads = 0;
  std::string device = "cpu";  // or "cuda"
  double minutes = 0;          // it stops after so many; 0: when all iterations are done
  bool resume = false, quiet = false;
  double checkpoint_seconds = 60;
};

std::filesystem::path motion_file(const std::filesystem::path& run);
AliveOptions read_alive_run(const std::filesystem::path& run);

// Trains, with progress on the way; false where it was asked to stop (Ctrl-C).
bool run_alive(const AliveOptions& options, AliveSetup setup);

}  // namespace reverie
