// The layers of a classifier, as recipes list them.
#pragma once

#include <string>
#include <vector>

namespace reverie {

enum class ClassifierOp { kConvolution, kResidual, kMax, kMean, kDropout, kDense, kGrey, kFlat, kSigmoid };

struct ClassifierLayer {
  ClassifierOp op = ClassifierOp::kConvolution;
  std::string name;           // "conv1": the word and its how manieth it is
  int channels = 0;           // of its output
  int kernel = 3;             // of convolutions; of pooling its side and step, 0: the whole picture
  int stride = 1;             // of convolutions
  double share = 0;           // of dropout
  int width = 0, height = 0;  // that `flat` sees
  bool flat = false;          // its output is one number per channel
};

// A list of
//   conv C [K [S]]   convolution K x K (3) with stride S (1), batch normalisation, ReLU
//   residual     x + two such convolutions 3x3 of as many channels
//   max K, mean K    pooling; without K over the whole picture
//   dropout P    in training, that share of the numbers is 0
//   grey         the luma alone; first of all
//   flat W H     all numbers of a picture of that size, which is then the only one that fits
//   dense N, sigmoid N    all to all, ReLU or sigmoid; after flat, or pooling over the whole picture
// Behind them stands one more dense layer, "scores", of a number per label.  Error says which word is wrong.
std::vector<ClassifierLayer> parse_classifier(const std::vector<std::string>& words);

}  // namespace reverie
