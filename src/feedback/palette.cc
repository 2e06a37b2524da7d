#include "feedback/palette.h"

#include <Eigen/Eigenvalues>
#include <algorithm>
#include <cmath>
#include <functional>
#include <vector>

namespace reverie {
namespace {

using Eigen::Matrix3d;
using Eigen::Matrix3f;
using Eigen::Vector3d;
using Eigen::Vector3f;

constexpr double kLeastVariance = 1e-5;  // of a colour axis: below this there is only noise to stretch

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

// Standard deviation of tanh(contrast * z) for normal z: dividing the squashed colours by it restores a
// standard deviation of 1.
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

// tanh within 5e-7, the fit of kernels/cpu/math-inl.h: plain arithmetic, which compilers vectorise.
float quick_tanh(float x) {
  x = x < -8.0F ? -8.0F : x;
  x = x > 8.0F ? 8.0F : x;
  const float y = x * x;
  const float p = ((1.142835208e-05F * y + 2.951017348e-03F) * y + 1.292565763e-01F) * y + 9.999998808e-01F;
  const float q =
      (((2.459187840e-07F * y + 2.386682463e-04F) * y + 2.381552756e-02F) * y + 4.625887275e-01F) * y + 1;
  return x * p / q;
}

// out = raw + mix * (to + colour * tanh(whiten * (raw - from)) - raw), clamped to 0..1.
struct Recolour {
  Matrix3f whiten, colour;
  Vector3f from, to;
  float mix;

  void row(float* r, float* g, float* b, int width) const {
    constexpr int kBlock = 64;  // pixels, whose whitened colours stay in the L1 cache
    float white[3][kBlock];
    float* planes[3] = {r, g, b};
    for (int first = 0; first < width; first += kBlock) {
      const int n = std::min(kBlock, width - first);
      for (int c = 0; c < 3; ++c) {
        const float w[3] = {whiten(c, 0), whiten(c, 1), whiten(c, 2)};
        const float offset = whiten.row(c).dot(from);
        for (int x = 0; x < n; ++x)
          white[c][x] = quick_tanh(w[0] * r[first + x] + w[1] * g[first + x] + w[2] * b[first + x] - offset);
      }
      for (int c = 0; c < 3; ++c) {
        const float w[3] = {colour(c, 0), colour(c, 1), colour(c, 2)};
        const float middle = to[c];
        const float share = mix;
        float* out = planes[c] + first;
        for (int x = 0; x < n; ++x) {  // no std::clamp: it keeps compilers from vectorising this
          const float target = middle + w[0] * white[0][x] + w[1] * white[1][x] + w[2] * white[2][x];
          float v = out[x] + share * (target - out[x]);
          v = v < 0 ? 0 : v;
          out[x] = v > 1 ? 1 : v;
        }
      }
    }
  }
};

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

void put(State& to, const std::string& name, const ColourStatistics& colours) {
  to.put_numbers(name + "/mean", {colours.mean.begin(), colours.mean.end()});
  to.put_numbers(name + "/covariance", {colours.covariance.begin(), colours.covariance.end()});
}

ColourStatistics colours_of(const State& from, const std::string& name) {
  ColourStatistics colours;
  const std::vector<double> mean = from.numbers(name + "/mean", colours.mean.size());
  const std::vector<double> covariance = from.numbers(name + "/covariance", colours.covariance.size());
  std::copy(mean.begin(), mean.end(), colours.mean.begin());
  std::copy(covariance.begin(), covariance.end(), colours.covariance.begin());
  return colours;
}

void Palette::save(State& to) const {
  if (started_) put(to, "palette", slow_);
}

void Palette::load(const State& from) {
  started_ = from.has("palette/mean");
  if (started_) slow_ = colours_of(from, "palette");
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
  const Recolour recolour{whiten.cast<float>() * settings.contrast, colour.cast<float>(),
                          mean(slow_).cast<float>(), mean(colours).cast<float>(), settings.mix};
  threads.each(picture.height(), [&](int y) {
    recolour.row(picture.row(0, y), picture.row(1, y), picture.row(2, y), picture.width());
  });
}

}  // namespace reverie
