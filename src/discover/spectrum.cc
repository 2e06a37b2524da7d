#include "discover/spectrum.h"

#include <algorithm>
#include <cmath>
#include <numbers>
#include <opencv2/core.hpp>
#include <vector>

namespace reverie {
namespace {

constexpr int kLowest = 4;         // cycles a side, from where the trend is fitted
constexpr double kHighest = 0.45;  // cycles a sample, from where the grid is measured

size_t z(int i) {
  return static_cast<size_t>(i);
}

Planes middle(const Planes& picture) {
  const int side = std::min(picture.height(), picture.width());
  const int top = (picture.height() - side) / 2;
  const int left = (picture.width() - side) / 2;
  Planes out(picture.channels(), side, side);
  for (int c = 0; c < out.channels(); ++c) {
    for (int y = 0; y < side; ++y) std::copy_n(picture.row(c, y + top) + left, side, out.row(c, y));
  }
  return out;
}

// Mean power by whole cycles a side.
std::vector<double> power_of(const Planes& picture, int side) {
  Planes square = middle(picture);
  if (square.height() != side) square = resize(square, side, side);
  cv::Mat grey(side, side, CV_64F);
  for (int y = 0; y < side; ++y) {
    for (int x = 0; x < side; ++x) {
      double sum = 0;
      for (int c = 0; c < square.channels(); ++c) sum += square.at(c, y, x);
      grey.at<double>(y, x) = sum / square.channels();
    }
  }
  grey -= cv::mean(grey)[0];
  std::vector<double> window(z(side));
  for (int i = 0; i < side; ++i) window[z(i)] = 0.5 - 0.5 * std::cos(2 * std::numbers::pi * i / (side - 1));
  for (int y = 0; y < side; ++y) {
    for (int x = 0; x < side; ++x) grey.at<double>(y, x) *= window[z(y)] * window[z(x)];
  }
  cv::Mat spectrum;
  cv::dft(grey, spectrum, cv::DFT_COMPLEX_OUTPUT);
  std::vector<double> sums(z(side));
  std::vector<double> counts(z(side));
  for (int y = 0; y < side; ++y) {
    for (int x = 0; x < side; ++x) {
      const auto cycles = [&](int i) { return i < side / 2 ? i : i - side; };
      const auto r = static_cast<size_t>(std::hypot(cycles(y), cycles(x)));
      const auto& v = spectrum.at<cv::Vec2d>(y, x);
      sums[r] += v[0] * v[0] + v[1] * v[1];
      ++counts[r];
    }
  }
  for (size_t r = 0; r < sums.size(); ++r) sums[r] /= std::max(counts[r], 1.0);
  return sums;
}

}  // namespace

PictureSpectrum spectrum_of(const Planes& picture, int side) {
  side = std::min({side, picture.height(), picture.width()});
  const std::vector<double> power = power_of(picture, side);
  PictureSpectrum out;
  double n = 0;
  double sx = 0;
  double sy = 0;
  double sxx = 0;
  double sxy = 0;
  for (int k = kLowest; k < side / 3; ++k) {
    const double x = std::log(k);
    const double y = std::log(power[z(k)] + 1e-12);
    n += 1, sx += x, sy += y, sxx += x * x, sxy += x * y;
  }
  out.slope = (n * sxy - sx * sy) / (n * sxx - sx * sx);
  const double start = (sy - out.slope * sx) / n;
  double over = 0;
  int count = 0;
  for (int k = static_cast<int>(side * kHighest); k < side / 2; ++k, ++count)
    over += power[z(k)] / std::exp(start + out.slope * std::log(k));
  out.grid = over / count;
  double weighted = 0;
  double amplitudes = 0;
  for (int k = 1; k < side / 2; ++k) {
    const double amplitude = std::sqrt(power[z(k)]) * k;  // as many samples of the spectrum are at k
    weighted += amplitude * std::log2(k);
    amplitudes += amplitude;
  }
  out.grain = amplitudes > 0 ? weighted / amplitudes : 0;
  return out;
}

}  // namespace reverie
