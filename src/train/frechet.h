// How far what a generative network makes lies from the pictures of a set, as another network sees them.
#pragma once

#include <string>
#include <vector>

#include "train/task.h"

namespace reverie {

// Mean [F] and covariance [F, F] of features, float64.
struct FeatureStatistics {
  torch::Tensor mean, covariance;
};

// features: [N, F], N at least 2.
FeatureStatistics feature_statistics(const torch::Tensor& features);

// |m1 - m2|^2 + tr(C1 + C2 - 2 (C1 C2)^(1/2)): the squared Wasserstein distance of two normal distributions
// (Frechet 1957; of generators Heusel et al. 2017, "GANs Trained by a Two Time-Scale Update Rule").
double frechet_distance(const FeatureStatistics& a, const FeatureStatistics& b);

// The shares of made features [M, F] that lie among the real ones [N, F], nearer to one of them than its
// third nearest neighbour there, and of real ones that lie among the made (Kynkaanniemi et al. 2019,
// "Improved Precision and Recall Metric for Assessing Generative Models").  Each at least 4.
struct PrecisionRecall {
  double precision, recall;
};
PrecisionRecall precision_and_recall(const torch::Tensor& real, const torch::Tensor& made);

struct FrechetSettings {
  std::string network;  // whose features are compared: whatever read_model() takes
  std::string layer;    // of it; empty: the last one that still has places
  int side = 224;       // pixels that pictures are enlarged or shrunk to first
};

// Each picture's features are the layer's means over all places.  The model's samples, one for each of
// `limit` pictures from all over the split (0: all), against these pictures; and one half of the pictures
// against the other, which is what a perfect generator of half as many samples could reach.  precision and
// recall of the samples.  For families vae and gan.
std::vector<Figure> frechet_figures(const Model& model, const RecordSet& set, Split split, size_t limit,
                                    const FrechetSettings& settings);

}  // namespace reverie
