// Finds a learning rate by trying: it rises while the loss is watched (Smith 2017, "Cyclical learning
// rates").
#pragma once

#include <vector>

#include "train/trainer.h"

namespace reverie {

struct RateTrial {
  double rate = 0, loss = 0;  // the loss smoothed over about ten iterations
};

struct RateSearch {
  std::vector<RateTrial> trials;  // rates rise by a constant factor
  bool diverged = false;          // else the range ended first
  double suggested = 0;           // 0.3 of the rate at which the loss was least
};

// Trains the first stage for at most so many iterations, at least 20, from a ten-thousandth of its own rate
// to ten thousand times that, until the loss is four times its least or not finite.  Nothing is written; the
// same recipe, set and settings give the same answer.  start as for Trainer.  Returns early after Ctrl-C.
RateSearch find_rate(const Recipe& recipe, const RecordSet& set, const RunSettings& settings, int iterations,
                     bool quiet, const Model* start);

}  // namespace reverie
