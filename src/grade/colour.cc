#include "grade/colour.h"

#include <algorithm>
#include <cmath>
#include <numbers>

namespace reverie {
namespace {

constexpr size_t kCurvePoints = 4096;
constexpr std::array<double, 3> kLuma = {0.2126, 0.7152, 0.0722};  // BT.709, as luma()

using Matrix = std::array<double, 9>;

Matrix times(const Matrix& a, const Matrix& b) {
  Matrix c{};
  for (size_t i = 0; i < 3; ++i) {
    for (size_t j = 0; j < 3; ++j) {
      for (size_t k = 0; k < 3; ++k) c[3 * i + j] += a[3 * i + k] * b[3 * k + j];
    }
  }
  return c;
}

// A turn about the grey axis (1, 1, 1), by Rodrigues' formula.
Matrix turn(double degrees) {
  const double a = degrees * std::numbers::pi / 180;
  const double third = (1 - std::cos(a)) / 3;
  const double s = std::sin(a) / std::numbers::sqrt3;
  const double d = std::cos(a) + third;
  return {d, third - s, third + s, third + s, d, third - s, third - s, third + s, d};
}

// v -> share of v, and the rest from the brightness of v times a colour.
Matrix towards(double share, const std::array<double, 3>& colour) {
  Matrix m{};
  for (size_t i = 0; i < 3; ++i) {
    for (size_t j = 0; j < 3; ++j) m[3 * i + j] = (1 - share) * kLuma[j] * colour[i] + (i == j ? share : 0);
  }
  return m;
}

// The full colour of a hue, scaled so that its brightness is 1.
std::array<double, 3> colour_of(double degrees) {
  std::array<double, 3> c{};
  for (size_t i = 0; i < 3; ++i) {
    const double away = std::abs(std::remainder(degrees - 120.0 * static_cast<double>(i), 360.0));
    c[i] = std::clamp(2 - away / 60, 0.0, 1.0);
  }
  const double luma = kLuma[0] * c[0] + kLuma[1] * c[1] + kLuma[2] * c[2];
  for (double& v : c) v /= luma;
  return c;
}

}  // namespace

Colours::Colours(const ParameterValues& values)
    : contrast_(static_cast<float>(values.number("contrast"))),
      brightness_(static_cast<float>(values.number("brightness"))),
      fade_(static_cast<float>(values.number("fade"))) {
  const double gamma = values.number("gamma");
  if (gamma != 1) {
    curve_.resize(kCurvePoints + 2);
    for (size_t i = 0; i < curve_.size(); ++i)
      curve_[i] = static_cast<float>(std::pow(static_cast<double>(i) / kCurvePoints, 1 / gamma));
  }
  const double hue = values.number("hue");
  const double saturation = values.number("saturation");
  const double tint = values.number("tint");
  mixes_ = hue != 0 || saturation != 1 || tint != 0;
  const Matrix m = times(towards(1 - tint, colour_of(values.number("tint_hue"))),
                         times(towards(saturation, {1, 1, 1}), turn(hue)));
  for (size_t i = 0; i < m.size(); ++i) matrix_[i] = static_cast<float>(m[i]);
  nothing_ = contrast_ == 1 && brightness_ == 0 && fade_ == 0 && curve_.empty() && !mixes_;
}

void Colours::apply(Planes& picture, Threads& threads) const {
  if (nothing_) return;
  const auto curve = [&](float v) {
    const float at = v * static_cast<float>(kCurvePoints);
    const auto i = static_cast<size_t>(at);
    return curve_[i] + (at - static_cast<float>(i)) * (curve_[i + 1] - curve_[i]);
  };
  threads.each(picture.height(), [&](int y) {
    float* const rows[] = {picture.row(0, y), picture.row(1, y), picture.row(2, y)};
    const int width = picture.width();
    for (float* row : rows) {
      for (int x = 0; x < width; ++x)
        row[x] = std::clamp((row[x] - 0.5F) * contrast_ + 0.5F + brightness_, 0.0F, 1.0F);
      for (int x = 0; !curve_.empty() && x < width; ++x) row[x] = curve(row[x]);
    }
    for (int x = 0; mixes_ && x < width; ++x) {
      const float r = rows[0][x], g = rows[1][x], b = rows[2][x];
      for (size_t i = 0; i < 3; ++i)
        rows[i][x] = matrix_[3 * i] * r + matrix_[3 * i + 1] * g + matrix_[3 * i + 2] * b;
    }
    for (float* row : rows) {
      for (int x = 0; x < width; ++x) row[x] = std::clamp(row[x] * (1 - fade_), 0.0F, 1.0F);
    }
  });
}

}  // namespace reverie
