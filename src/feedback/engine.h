// The feedback engine: a hierarchy that is stepped frame by frame and looked at.  No codecs, no clock.
#pragma once

#include <memory>

#include "core/effect.h"
#include "core/parallel.h"
#include "feedback/kernels/kernel.h"
#include "feedback/transition.h"

namespace reverie {

class FeedbackEngine {
 public:
  // The state starts as `init` says; first_picture [3, H, W] in 0..1 is what init = "picture" starts from
  // (may be null).  check: hold the kernel against the reference kernel (checked_kernel.h); null: do not.
  FeedbackEngine(Hourglass hourglass, int height, int width, const ParameterValues& values,
                 const std::string& kernel, uint64_t seed, Threads& threads, const Planes* first_picture,
                 const std::shared_ptr<CheckReport>& check = nullptr);

  // One frame.  input: [3, H, W] in 0..1, or null.
  void step(int64_t frame, const ParameterValues& values, const Planes* input);

  // Starts anew as the constructor did, from another seed.
  void restart(uint64_t seed, const ParameterValues& values, const Planes* first_picture);

  // Takes over the states of the levels that have the same shape in both.
  void follow(const FeedbackEngine& before);

  // What `view` says, in 0..1, [3, H, W].
  void look(const ParameterValues& values, Planes& out) const;

  // What it holds now: after a step, what playing on takes.
  Memory memory() const;

  const Hourglass& hourglass() const { return glass_; }
  int levels() const { return glass_.levels(); }

 private:
  void start(const ParameterValues& values, const Planes* first_picture);
  void feed(const Transition& transition, const Planes* input);
  Planes pad(const Planes& picture) const;  // [3, H, W] in 0..1 -> level 0 in -1..1

  Hourglass glass_;
  int height_, width_;
  LevelSizes sizes_;
  Random random_;
  Threads& threads_;
  std::unique_ptr<Kernel> kernel_;
  TransitionResolver resolver_;
  Planes velocity_;
};

}  // namespace reverie
