// Does a layer mean anything? A linear classifier on the features of each layer tells.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>

#include "data/record_set.h"
#include "models/model.h"
#include "models/torch.h"

namespace reverie {

struct ProbeSettings {
  int grid = 4;      // maps larger than grid x grid are averaged over this many cells; 0: every sample
  size_t limit = 0;  // training pictures, the first ones; 0: all
  std::optional<double> l2;  // penalty: l2 / 2 times the sum of squared weights; nothing: chosen
  int most_passes = 300;     // over the training features, for each classifier
};

struct ProbeResult {
  int64_t features = 0;        // per picture
  double train = 0, test = 0;  // share of the pictures whose label was predicted correctly
  double l2 = 0;               // the penalty used
  bool converged = true;       // within most_passes
};

// Multinomial logistic regression, also called softmax regression (Bishop 2006, Pattern Recognition and
// Machine Learning, section 4.3.4).
//   x: [N, F]; labels: [N] int64, 0 to classes - 1.
// Minimises mean(-log p(label)) + l2 / 2 |W|^2 over all pictures at once with L-BFGS (Liu and Nocedal 1989),
// starting from zero: the problem is convex, so the result depends on neither starting point nor random
// draws. progress is called now and then with the number of passes done, and returns whether to continue.
struct LinearClassifier {
  torch::Tensor weight, bias;  // [F, classes], [classes]
  bool converged = false;

  double accuracy(const torch::Tensor& x, const torch::Tensor& labels) const;
};
LinearClassifier train_classifier(const torch::Tensor& x, const torch::Tensor& labels, int classes, double l2,
                                  int most_passes, const std::function<bool(int)>& progress);

// Of 1, 0.1, 0.01 and 0.001, the penalty with which a classifier trained on four fifths of the pictures
// predicts most labels of the rest (every fifth picture); among equals the largest.
double choose_l2(const torch::Tensor& x, const torch::Tensor& labels, int classes, int most_passes,
                 const std::function<bool(int)>& progress);

inline constexpr const char* kPixels = "pixels";  // in place of a layer's name

// The classifier's features from what a layer makes, [N, C, H, W] or [N, C]: [N, features].
torch::Tensor probe_features(const torch::Tensor& made, int grid);

// Trains on the features of the training split, standardised by their own mean and standard deviation, and
// counts correct predictions on both splits. layer: a name of model.layers(), or kPixels; pictures without a
// label are left out.  Error if there is no such layer, the set has no labels or lacks a split, or sizes do
// not match.
ProbeResult probe_layer(const Model& model, const RecordSet& set, const std::string& layer,
                        const ProbeSettings& settings, const std::function<bool(int)>& progress);

}  // namespace reverie
