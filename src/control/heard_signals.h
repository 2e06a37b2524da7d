// Predicts signals from frame to frame, so that a session only has to store what was unexpected.
#pragma once

#include "core/signals.h"

namespace reverie {

class HeardSignals {
 public:
  // What is heard `seconds` after the start if nothing new arrives: the same sound, and continuing beats.
  Signals expected(double seconds) const {
    Signals s = last_;
    s.beats += (seconds - seconds_) * s.tempo / 60;
    return s;
  }

  void keep(const Signals& signals, double seconds) {
    last_ = signals;
    seconds_ = seconds;
  }

 private:
  Signals last_;
  double seconds_ = 0;
};

}  // namespace reverie
