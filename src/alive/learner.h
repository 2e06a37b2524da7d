// What every training of feedback has: a transition whose weights and shares learn, step by step.
#pragma once

#include <memory>

#include "alive/training.h"
#include "alive/twin.h"
#include "control/modulation.h"
#include "models/parameters.h"
#include "train/solver.h"

namespace reverie {

// Random streams, split off the seed.
enum LearnerStream : uint64_t { kStartStream = kWeightsStream + 1, kStepStream, kMotionStream };
// ... and off that of a step.
enum StepStream : uint64_t { kChoiceKey, kNoiseKey, kLooksKey, kFreshKey, kDamageKey };

// Decode filters are any filters convolved with a box of pool_size: they cannot make a checkerboard.
class Learner {
 public:
  virtual ~Learner() = default;
  Learner(const Learner&) = delete;
  Learner& operator=(const Learner&) = delete;

  bool done() const;
  int64_t iteration() const { return iteration_; }
  virtual AliveStep step() = 0;

  virtual TensorFile checkpoint() const;
  virtual void resume(const TensorFile& file);
  TensorFile weights() const;
  virtual Preset preset(const std::string& name, const std::string& file) const;

 protected:
  // Frames of height x width. Error for what cannot be trained (Twin::check), for sides that do not fit.
  Learner(AliveSetup setup, int height, int width);

  LooksSettings looks_settings(int style_size) const;
  // Draws of the step that is being made.
  Random step_draws() const;
  TwinWeights learned() const { return weights_of(parameters_.cut()); }
  TwinWeights constant() const { return weights_of(parameters_.cut_constant()); }
  // The state one frame later.
  TwinState next(const TwinState& state, const TwinWeights& weights, const Random& draws, int64_t frame,
                 torch::Tensor* overflow);
  // Ends the step.  Error where the loss is not finite.
  void learn(const torch::Tensor& loss, AliveStep& report);

  // What is done to a gradient that came through time.  Here: each parameter's is divided by its own norm, as
  // some are a thousand times those of others.
  virtual void tame(torch::Tensor& gradient, const std::vector<ParameterSlice>& slices) const;

  static void take(const TensorFile& file, const std::string& name, torch::Tensor& to);

  AliveSetup setup_;
  const ParameterValues& s_;
  ParameterValues values_;  // of the current frame
  Hourglass glass_;
  torch::Device device_;
  Twin twin_;
  bool learns_flow_ = false;  // gradients go through the flow that the state makes

 private:
  void begin_weights();
  TwinWeights weights_of(const std::vector<torch::Tensor>& parts) const;

  TransitionResolver resolver_;
  Automation automation_;
  Parameters parameters_;
  Threads threads_;
  Solver solver_;
  int64_t iteration_ = 0;
};

// Learns to make the next frame of a clip (AliveSetup::clip).
std::unique_ptr<Learner> make_predictor(AliveSetup setup);

}  // namespace reverie
