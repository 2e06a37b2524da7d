// The motion of a set's input, from frame to frame.
#pragma once

#include "core/parallel.h"
#include "motion/cut.h"
#include "motion/flow.h"

namespace reverie {

class InputMotion {
 public:
  explicit InputMotion(FlowMethod method) : method_(method) {}

  // The next picture, [3, H, W], or null where there is none.
  void next(const Planes* picture, Threads& threads);
  // What comes next is the first.
  void forget();

  // From this picture to the one before, so that what was at p + flow(p) there is at p here; null for the
  // first, after a cut, and where the size changed.
  const Flow* flow() const { return known_ ? &flow_ : nullptr; }
  // Where that can be trusted, as consistency() says; null where there is no flow.
  const Planes* trust() const { return known_ ? &trust_ : nullptr; }

 private:
  FlowMethod method_;
  CutFinder cuts_;
  Planes last_;
  Flow flow_;
  Planes trust_;
  bool known_ = false;
};

}  // namespace reverie
