// The fader between the two inputs of a set.
#pragma once

#include "core/planes.h"

namespace reverie {

class InputFader {
 public:
  void move(double share) { share_ = share; }

  // What the first part sees: A at 0 and B at 1, to the bit.  A alone where there is no B; in place of an A
  // that is not there, black.  Either may be null.
  const Planes* mix(const Planes* a, const Planes* b);

 private:
  double share_ = 0;
  Planes mixed_;
};

}  // namespace reverie
