#include "train/find_rate.h"

#include <algorithm>
#include <cmath>

#include "core/progress.h"
#include "core/stop.h"

namespace reverie {
namespace {

constexpr double kReach = 1e4;     // the range, below and above the recipe's own rate
constexpr double kSmooth = 0.9;    // of the last losses' mean
constexpr double kTooMuch = 4;     // times the least loss
constexpr double kCautious = 0.3;  // of the rate with the least loss, which is near the edge

// The first stage, with a rate that rises at every iteration.
Recipe rising(Recipe recipe, int iterations) {
  recipe.stages.resize(1);
  Stage& stage = recipe.stages[0];
  const double own = stage.rate > 0 ? stage.rate : 1e-3;
  stage.rate = own / kReach;
  stage.rate_policy = RatePolicy::kExponential;
  stage.rate_factor = std::pow(kReach * kReach, 1.0 / (iterations - 1));
  stage.warm_up = 0;
  stage.iterations = iterations + 1;  // it is never over: the next stage would need another solver
  return recipe;
}

}  // namespace

RateSearch find_rate(const Recipe& recipe, const RecordSet& set, const RunSettings& settings, int iterations,
                     bool quiet, const Model* start) {
  const Recipe tried = rising(recipe, iterations);
  Group group(settings.device == "cuda" ? torch::kCUDA : torch::kCPU);
  Trainer trainer(tried, set, settings, group, start);
  Progress progress("find a rate", "iterations", iterations, quiet);
  RateSearch search;
  double sum = 0;
  double weight = 0;
  double least = INFINITY;
  for (int i = 0; i < iterations && !stop_requested() && !search.diverged; ++i) {
    try {
      const TrainingStep step = trainer.step();
      sum = kSmooth * sum + (1 - kSmooth) * step.loss;
      weight = kSmooth * weight + (1 - kSmooth);
      const RateTrial trial = {step.rate, sum / weight};
      search.trials.push_back(trial);
      if (trial.loss < least) search.suggested = kCautious * trial.rate;
      least = std::min(least, trial.loss);
      search.diverged = trial.loss > kTooMuch * least;
    } catch (const Diverged&) {
      search.diverged = true;
    }
    progress.update(i + 1);
  }
  return search;
}

}  // namespace reverie
