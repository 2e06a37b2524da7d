#include "trajectories/chi_square_svm.h"

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <limits>

#include "core/stop.h"

namespace reverie {
namespace {

constexpr double kTolerance = 1e-3;  // of the pair that violates the conditions most
constexpr int64_t kMostSteps = 1'000'000;
constexpr double kFlat = 1e-12;  // curvature along a pair

}  // namespace

double chi_square(const std::vector<double>& a, const std::vector<double>& b) {
  double sum = 0;
  for (size_t i = 0; i < a.size(); ++i) {
    const double both = a[i] + b[i];
    if (both > 0) sum += (a[i] - b[i]) * (a[i] - b[i]) / both;
  }
  return sum / 2;
}

BinaryMachine train_binary(const std::vector<std::vector<double>>& kernel, const std::vector<int>& y,
                           double c) {
  const size_t n = y.size();
  std::vector<double> a(n);
  std::vector<double> gradient(n, -1);
  double up = 0;
  double low = 0;
  for (int64_t step = 0; step < kMostSteps; ++step) {
    if (stop_requested()) throw Stopped();
    size_t i = n;
    size_t j = n;
    up = -std::numeric_limits<double>::infinity();
    low = std::numeric_limits<double>::infinity();
    for (size_t t = 0; t < n; ++t) {
      const double v = -y[t] * gradient[t];
      const bool may_rise = y[t] > 0 ? a[t] < c : a[t] > 0;
      const bool may_fall = y[t] > 0 ? a[t] > 0 : a[t] < c;
      if (may_rise && v > up) up = v, i = t;
      if (may_fall && v < low) low = v, j = t;
    }
    if (i == n || j == n || up - low < kTolerance) break;
    // a moves by y * distance at i and by -y * distance at j
    const double curve = std::max(kFlat, kernel[i][i] + kernel[j][j] - 2 * kernel[i][j]);
    double distance = (up - low) / curve;
    distance = std::min(distance, y[i] > 0 ? c - a[i] : a[i]);
    distance = std::min(distance, y[j] > 0 ? a[j] : c - a[j]);
    a[i] += y[i] * distance;
    a[j] -= y[j] * distance;
    for (size_t t = 0; t < n; ++t) gradient[t] += y[t] * distance * (kernel[t][i] - kernel[t][j]);
  }
  BinaryMachine machine;
  machine.weights.resize(n);
  for (size_t t = 0; t < n; ++t) machine.weights[t] = y[t] * a[t];
  machine.bias = std::isfinite(up) && std::isfinite(low) ? (up + low) / 2 : std::isfinite(up) ? up : low;
  if (!std::isfinite(machine.bias)) machine.bias = 0;
  return machine;
}

ChiSquareSvm::ChiSquareSvm(std::vector<ChannelHistograms> examples, const std::vector<int>& labels,
                           int classes, double c)
    : examples_(std::move(examples)) {
  const size_t n = examples_.size();
  const size_t channels = n == 0 ? 0 : examples_[0].size();
  means_.assign(channels, 0);
  for (size_t i = 0; i < n; ++i) {
    for (size_t j = 0; j < i; ++j) {
      for (size_t k = 0; k < channels; ++k) means_[k] += chi_square(examples_[i][k], examples_[j][k]);
    }
  }
  for (double& m : means_) m = m > 0 ? 2 * m / (static_cast<double>(n) * static_cast<double>(n - 1)) : 1;
  std::vector<std::vector<double>> k(n, std::vector<double>(n, 1));
  for (size_t i = 0; i < n; ++i) {
    for (size_t j = 0; j < i; ++j) k[i][j] = k[j][i] = kernel(examples_[i], examples_[j]);
  }
  for (int label = 0; label < classes; ++label) {
    std::vector<int> y(n);
    for (size_t i = 0; i < n; ++i) y[i] = labels[i] == label ? 1 : -1;
    machines_.push_back(train_binary(k, y, c));
  }
}

double ChiSquareSvm::kernel(const ChannelHistograms& a, const ChannelHistograms& b) const {
  double sum = 0;
  for (size_t k = 0; k < means_.size(); ++k) sum += chi_square(a[k], b[k]) / means_[k];
  return std::exp(-sum);
}

std::vector<double> ChiSquareSvm::scores(const ChannelHistograms& clip) const {
  std::vector<double> likeness(examples_.size());
  for (size_t i = 0; i < likeness.size(); ++i) likeness[i] = kernel(clip, examples_[i]);
  std::vector<double> out;
  for (const BinaryMachine& m : machines_) {
    double sum = m.bias;
    for (size_t i = 0; i < likeness.size(); ++i) sum += m.weights[i] * likeness[i];
    out.push_back(sum);
  }
  return out;
}

int ChiSquareSvm::classify(const ChannelHistograms& clip) const {
  const std::vector<double> all = scores(clip);
  return static_cast<int>(std::max_element(all.begin(), all.end()) - all.begin());
}

}  // namespace reverie
