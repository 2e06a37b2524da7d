#include "feedback/palette.h"

#include <Eigen/Eigenvalues>
#include <algorithm>
#include <cmath>
#include <functional>
#include <vector>

namespace reverie {
namespace {

using Eigen::Matrix3d;
using Eigen::Vector3d;

constexpr double kLeastVariance = 1e-5;  // of a colour axis: below it there is nothing but noise to stretch

Matrix3d matrix(const ColourStatistics& s) {
  return Eigen::Map<const Matrix3d>(s.covariance.data());
}
Vector3d mean(const ColourStatistics& s) {
  return Eigen::Map<const Vector3d>(s.mean.data());
}

// The symmetric matrix with the same axes whose eigenvalues are f of the old ones.
Matrix3d with_eigenvalues(const Matrix3d& m, const std::function<double(double)>& f) {
  const Eigen::SelfAdjointEigenSolver<Matrix3d> solver(m);
  Vector3d values = solver.eigenvalues();
  for (double& v : values) v = f(v);
  return solver.eigenvectors() * values.asDiagonal() * solver.eigenvectors().transpose();
}

// Deviation of tanh(contrast * z) for normal z: what the squashed colours must be divided by to have
// deviation 1 again.
double squashed_deviation(double contrast) {
  double sum = 0;
  double weights = 0;
  for (int i = -60; i <= 60; ++i) {
    const double x = i * 0.1;
    const double w = std::exp(-0.5 * x * x);
    sum += w * std::pow(std::tanh(contrast * x), 2);
    weights += w;
  }
  return std::sqrt(sum / weights);
}

void follow(ColourStatistics& slow, const ColourStatistics& now, double rate) {
  for (size_t i = 0; i < 3; ++i) slow.mean[i] += rate * (now.mean[i] - slow.mean[i]);
  for (size_t i = 0; i < 9; ++i) slow.covariance[i] += rate * (now.covariance[i] - slow.covariance[i]);
}

}  // namespace

ColourStatistics colour_statistics(const Planes& picture, Threads& threads) {
  struct Sums {
    std::array<double, 3> first{};
    std::array<double, 9> second{};
  };
  std::vector<Sums> rows(static_cast<size_t>(picture.height()));
  threads.each(picture.height(), [&](int y) {
    Sums& s = rows[static_cast<size_t>(y)];
    for (int x = 0; x < picture.width(); ++x) {
      const std::array<double, 3> p = {picture.at(0, y, x), picture.at(1, y, x), picture.at(2, y, x)};
      for (size_t i = 0; i < 3; ++i) {
        s.first[i] += p[i];
        for (size_t j = 0; j < 3; ++j) s.second[3 * i + j] += p[i] * p[j];
      }
    }
  });
  ColourStatistics out;
  const auto n = static_cast<double>(picture.plane_size());
  for (const Sums& s : rows) {
    for (size_t i = 0; i < 3; ++i) out.mean[i] += s.first[i] / n;
    for (size_t i = 0; i < 9; ++i) out.covariance[i] += s.second[i] / n;
  }
  for (size_t i = 0; i < 3; ++i) {
    for (size_t j = 0; j < 3; ++j) out.covariance[3 * i + j] -= out.mean[i] * out.mean[j];
  }
  return out;
}

void Palette::apply(Planes& picture, const ColourStatistics& colours, const Settings& settings,
                    Threads& threads) {
  const ColourStatistics now = colour_statistics(picture, threads);
  follow(slow_, now, started_ ? settings.rate : 1);
  started_ = true;
  const Matrix3d whiten =
      with_eigenvalues(matrix(slow_), [](double v) { return 1 / std::sqrt(std::max(v, kLeastVariance)); });
  const Matrix3d colour =
      with_eigenvalues(matrix(colours), [](double v) { return std::sqrt(std::max(v, 0.0)); }) /
      squashed_deviation(settings.contrast);
  const Vector3d from = mean(slow_);
  const Vector3d to = mean(colours);
  threads.each(picture.height(), [&](int y) {
    float* r = picture.row(0, y);
    float* g = picture.row(1, y);
    float* b = picture.row(2, y);
    for (int x = 0; x < picture.width(); ++x) {
      const Vector3d raw(r[x], g[x], b[x]);
      Vector3d white = whiten * (raw - from);
      for (double& v : white) v = std::tanh(settings.contrast * v);
      const Vector3d out = raw + settings.mix * (to + colour * white - raw);
      r[x] = static_cast<float>(std::clamp(out[0], 0.0, 1.0));
      g[x] = static_cast<float>(std::clamp(out[1], 0.0, 1.0));
      b[x] = static_cast<float>(std::clamp(out[2], 0.0, 1.0));
    }
  });
}

}  // namespace reverie
