// The feedback engine: steps the hierarchy frame by frame and renders it.  No codecs, no clock.
#pragma once

#include <memory>

#include "core/effect.h"
#include "core/parallel.h"
#include "core/state.h"
#include "feedback/kernels/kernel.h"
#include "feedback/transition.h"

namespace reverie {

class FeedbackEngine {
 public:
  // The state starts as `init` says; first_picture [3, H, W] in 0..1 is the start for init = "picture" (may
  // be null).  check: compare the kernel with the reference kernel (checked_kernel.h); null: do not.
  FeedbackEngine(Hourglass hourglass, int height, int width, const ParameterValues& values,
                 const std::string& kernel, uint64_t seed, Threads& threads, const Planes* first_picture,
                 const std::shared_ptr<CheckReport>& check = nullptr);

  // One frame.  input: [3, H, W] in 0..1, or null.  flow: Frame::flow, [2, H, W] in pixels, or null.
  void step(int64_t frame, const ParameterValues& values, const Planes* input, const Planes* flow = nullptr);

  // Restarts as the constructor did, with another seed.
  void restart(uint64_t seed, const ParameterValues& values, const Planes* first_picture);

  // Sets level 0 to a picture [3, H, W] in 0..1; the other levels stay.
  void hold(const Planes& picture);

  // A quarter (share = 0.25) of every level, a rectangle in its middle, becomes noise in -1..1: to see
  // whether it heals.
  void damage(const Random& noise, double share);
  // The largest |h| of level 0.
  float reach() const;

  // Copies the states of the levels that have the same shape in both.
  void follow(const FeedbackEngine& before);

  // As Effect::save() and load().  Error with Schedule::kEven, whose steps are always half done.
  void save(State& to) const;
  void load(const State& from);

  // The picture selected by `view`, in 0..1, [3, H, W].
  void look(const ParameterValues& values, Planes& out) const;

  // The memory held now: after a step, all that further steps need.
  Memory memory() const;

  Kernel& kernel() { return *kernel_; }
  const Hourglass& hourglass() const { return glass_; }
  int levels() const { return glass_.levels(); }

 private:
  void start(const ParameterValues& values, const Planes* first_picture);
  void feed(const Transition& transition, const Planes* input);
  // [C, H, W] -> level 0, each sample times `scale` plus `offset`, continued by its edges.
  Planes pad(const Planes& planes, float scale, float offset) const;
  Planes pad(const Planes& picture) const { return pad(picture, 2, -1); }  // 0..1 -> -1..1

  Hourglass glass_;
  int height_, width_;
  LevelSizes sizes_;
  uint64_t seed_;
  Random random_;
  Threads& threads_;
  std::unique_ptr<Kernel> kernel_;
  TransitionResolver resolver_;
  Planes velocity_, input_flow_;
  bool spread_ = false;  // steps over frames
};

}  // namespace reverie
