// Support vector machines on histograms, one class against the rest.
#pragma once

#include <vector>

namespace reverie {

// The histograms of one clip: one for each channel.
using ChannelHistograms = std::vector<std::vector<double>>;

// sum (a - b)^2 / (a + b) / 2 over the bins; both of one length.
double chi_square(const std::vector<double>& a, const std::vector<double>& b);

// The dual of a machine with a bias, by sequential minimal optimisation with the pair that violates most
// (Keerthi et al. 2001; Fan, Chen, Lin 2005): min 1/2 a'Qa - sum a, 0 <= a <= c, y'a = 0, Q = y y' K.
// kernel: [n][n]; y: +1 or -1.  Stopped after Ctrl-C.
struct BinaryMachine {
  std::vector<double> weights;  // y a, of each example
  double bias = 0;
};
BinaryMachine train_binary(const std::vector<std::vector<double>>& kernel, const std::vector<int>& y,
                           double c);

class ChiSquareSvm {
 public:
  // Examples with their classes, 0..classes-1.  The kernel is exp(-sum over channels of chi^2 / its mean
  // between the examples) (Zhang et al. 2007).
  ChiSquareSvm(std::vector<ChannelHistograms> examples, const std::vector<int>& labels, int classes,
               double c = 100);

  // The machines' values for each class; the answer is the largest.
  std::vector<double> scores(const ChannelHistograms& clip) const;
  int classify(const ChannelHistograms& clip) const;

 private:
  double kernel(const ChannelHistograms& a, const ChannelHistograms& b) const;

  std::vector<ChannelHistograms> examples_;
  std::vector<double> means_;  // of chi^2, by channel
  std::vector<BinaryMachine> machines_;
};

}  // namespace reverie
