// How a clip moves on average, place by place.
#pragma once

#include "motion/input_motion.h"

namespace reverie {

class MeanMotion {
 public:
  // The clip's next picture, [3, H, W], all of one size.
  void next(const Planes& picture, Threads& threads);

  // Pictures that could be compared with the one before; those after a cut cannot.
  int pairs() const { return pairs_; }
  // Where what is at each place goes, pixels a frame: the mean over the pairs where the flow can be trusted,
  // and a little softened, so that places of which little is known have something of those beside them.
  Flow mean() const;

 private:
  InputMotion motion_{kOfflineFlow};
  Planes sum_;  // [3, H, W]: dx and dy times trust, and trust
  int pairs_ = 0;
};

}  // namespace reverie
