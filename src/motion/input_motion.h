// The motion of a set's input, from frame to frame.
#pragma once

#include "core/parallel.h"
#include "motion/cut.h"
#include "motion/flow.h"

namespace reverie {

// Of pictures whose flow must not take longer than a frame.
inline constexpr int kLiveFlowSide = 480;

class InputMotion {
 public:
  // largest_side: larger pictures are looked at as pictures of this side, and their flow is enlarged; 0: none
  // is.
  explicit InputMotion(FlowMethod method, int largest_side = 0)
      : method_(method), largest_side_(largest_side) {}

  // The next picture, [3, H, W], or null where there is none.
  void next(const Planes* picture, Threads& threads);
  // What comes next is the first.
  void forget();

  // From this picture to the one before, so that what was at p + flow(p) there is at p here; null for the
  // first, after a cut, and where the size changed.
  const Flow* flow() const { return known_ ? &flow_ : nullptr; }
  // Where that can be trusted, as consistency() says; null where there is no flow.
  const Planes* trust() const { return known_ ? &trust_ : nullptr; }

  // As Effect::save() and load().
  void save(State& to) const;
  void load(const State& from);

 private:
  Planes seen(const Planes& picture) const;

  FlowMethod method_;
  int largest_side_;
  CutFinder cuts_;
  Planes last_, last_seen_;  // as it came, and as it is looked at
  Flow flow_;
  Planes trust_;
  bool known_ = false;
};

}  // namespace reverie
