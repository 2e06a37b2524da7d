#include "media/colour.h"

#include <algorithm>
#include <cmath>

namespace reverie::ffmpeg {
namespace {

constexpr double kWhite = 203;       // cd/m2 (BT.2408, 2.1)
constexpr double kHlgScreen = 1000;  // cd/m2; its system gamma is 1.2
constexpr double kPqMost = 10000;    // cd/m2

// SMPTE ST 2084: code in 0..1 to and from light as a share of 10,000 cd/m2
double from_pq(double code) {
  const double p = std::pow(code, 1 / 78.84375);
  return std::pow(std::max(p - 0.8359375, 0.0) / (18.8515625 - 18.6875 * p), 1 / 0.1593017578125);
}
double to_pq(double light) {
  const double p = std::pow(std::max(light, 0.0), 0.1593017578125);
  return std::pow((0.8359375 + 18.8515625 * p) / (1 + 18.6875 * p), 78.84375);
}

// BT.2100: code to light of the scene
double from_hlg(double code) {
  constexpr double a = 0.17883277, b = 1 - 4 * a;
  const double c = 0.5 - a * std::log(4 * a);
  return code <= 0.5 ? code * code / 3 : (std::exp((code - c) / a) + b) / 12;
}

double from_srgb(double v) {
  return v <= 0.04045 ? v / 12.92 : std::pow((v + 0.055) / 1.055, 2.4);
}
double to_srgb(double v) {
  return v <= 0.0031308 ? 12.92 * v : 1.055 * std::pow(v, 1 / 2.4) - 0.055;
}
constexpr double kBt709Toe = 0.018053968510807, kBt709Gain = 1.09929682680944;
double from_bt709(double v) {
  return v < 4.5 * kBt709Toe ? v / 4.5 : std::pow((v + kBt709Gain - 1) / kBt709Gain, 1 / 0.45);
}
double to_bt709(double v) {
  return v < kBt709Toe ? 4.5 * v : kBt709Gain * std::pow(v, 0.45) - (kBt709Gain - 1);
}

// Chromaticities x, y of red, green, blue.  The white is D65; DCI's, a little greener, is shown as the
// screen's.
using Primaries = std::array<double, 6>;
constexpr Primaries kBt709 = {0.64, 0.33, 0.30, 0.60, 0.15, 0.06};
constexpr Primaries kBt2020 = {0.708, 0.292, 0.170, 0.797, 0.131, 0.046};
constexpr Primaries kP3 = {0.680, 0.320, 0.265, 0.690, 0.150, 0.060};
constexpr double kWhiteX = 0.3127, kWhiteY = 0.3290;

// Those of standard definition are too close to BT.709 for players to care.
bool is_wide(AVColorPrimaries p) {
  return p == AVCOL_PRI_BT2020 || p == AVCOL_PRI_SMPTE431 || p == AVCOL_PRI_SMPTE432;
}

using Matrix = std::array<double, 9>;

Matrix inverse(const Matrix& m) {
  const auto minor = [&](size_t r, size_t c) {
    const size_t r1 = (r + 1) % 3, r2 = (r + 2) % 3, c1 = (c + 1) % 3, c2 = (c + 2) % 3;
    return m[r1 * 3 + c1] * m[r2 * 3 + c2] - m[r1 * 3 + c2] * m[r2 * 3 + c1];
  };
  const double determinant = m[0] * minor(0, 0) + m[1] * minor(0, 1) + m[2] * minor(0, 2);
  Matrix out{};
  for (size_t r = 0; r < 3; ++r) {
    for (size_t c = 0; c < 3; ++c) out[r * 3 + c] = minor(c, r) / determinant;
  }
  return out;
}

Matrix product(const Matrix& a, const Matrix& b) {
  Matrix out{};
  for (size_t r = 0; r < 3; ++r) {
    for (size_t c = 0; c < 3; ++c) {
      for (size_t k = 0; k < 3; ++k) out[r * 3 + c] += a[r * 3 + k] * b[k * 3 + c];
    }
  }
  return out;
}

// R, G, B to X, Y, Z (SMPTE RP 177): the columns are the primaries, scaled so that they add up to the white.
Matrix to_xyz(const Primaries& p) {
  Matrix m{};
  for (size_t c = 0; c < 3; ++c) {
    const double x = p[2 * c], y = p[2 * c + 1];
    m[c] = x / y;
    m[3 + c] = 1;
    m[6 + c] = (1 - x - y) / y;
  }
  const Matrix i = inverse(m);
  const double x = kWhiteX / kWhiteY, z = (1 - kWhiteX - kWhiteY) / kWhiteY;
  for (size_t c = 0; c < 3; ++c) {
    const double share = i[c * 3] * x + i[c * 3 + 1] + i[c * 3 + 2] * z;
    for (size_t r = 0; r < 3; ++r) m[r * 3 + c] *= share;
  }
  return m;
}

const Primaries& primaries_of(AVColorPrimaries p) {
  if (p == AVCOL_PRI_BT2020) return kBt2020;
  return is_wide(p) ? kP3 : kBt709;
}

// BT.2390, 5.4.1: a Hermite spline from its knee on, in PQ codes; light and peak as shares of 10,000 cd/m2.
double roll_off(double light, double peak) {
  const double most = to_pq(peak);
  const double white = to_pq(kWhite / kPqMost) / most;
  const double knee = 1.5 * white - 0.5;
  const double code = std::min(to_pq(light) / most, 1.0);
  if (code < knee) return light;
  const double t = (code - knee) / (1 - knee);
  const double t2 = t * t, t3 = t2 * t;
  const double out =
      (2 * t3 - 3 * t2 + 1) * knee + (t3 - 2 * t2 + t) * (1 - knee) + (-2 * t3 + 3 * t2) * white;
  return from_pq(out * most);
}

}  // namespace

ColourConversion::ColourConversion(const ColourTags& tags) : tags_(tags) {
  const bool pq = tags.transfer == AVCOL_TRC_SMPTE2084;
  hlg_ = tags.transfer == AVCOL_TRC_ARIB_STD_B67;
  const bool linear = tags.transfer == AVCOL_TRC_LINEAR;
  identity_ = !pq && !hlg_ && !linear && !is_wide(tags.primaries);
  if (identity_) return;

  const Primaries& from = primaries_of(tags.primaries);
  const Matrix xyz = to_xyz(from);
  const Matrix m = product(inverse(to_xyz(kBt709)), xyz);
  std::copy(m.begin(), m.end(), matrix_.begin());
  for (size_t c = 0; c < 3; ++c) luminance_[c] = static_cast<float>(xyz[3 + c]);

  if (pq) {
    decode_.emplace(from_pq);
    scale_ = static_cast<float>(kPqMost / kWhite);
  } else if (hlg_) {
    decode_.emplace(from_hlg);
    scale_ = static_cast<float>(kHlgScreen / kWhite);
  } else if (!linear) {
    const bool srgb = tags.transfer == AVCOL_TRC_IEC61966_2_1;
    decode_.emplace(srgb ? from_srgb : from_bt709);
    encode_.emplace(srgb ? to_srgb : to_bt709);
  }
  if (!encode_) encode_.emplace(to_srgb);
  if ((pq || hlg_) && tags.peak > kWhite) {
    // Over the square root of light, so that the table is fine where the eye is
    const double peak = std::min(tags.peak, kPqMost) / kPqMost;
    compress_.emplace([&](double root) { return roll_off(root * root, peak) * kPqMost / kWhite; });
  }
}

float ColourConversion::compressed(float light) const {
  return (*compress_)(std::sqrt(light * static_cast<float>(kWhite / kPqMost)));
}

void ColourConversion::convert(std::array<std::vector<float>, 3>& rgb) const {
  if (identity_) return;
  const size_t n = rgb[0].size();
  for (size_t i = 0; i < n; ++i) {
    std::array<float, 3> v = {rgb[0][i], rgb[1][i], rgb[2][i]};
    if (decode_) {
      for (float& c : v) c = (*decode_)(c);
    }
    float scale = scale_;
    if (hlg_) {  // the OOTF of BT.2100: a system gamma of 1.2 on luminance
      const float y = luminance_[0] * v[0] + luminance_[1] * v[1] + luminance_[2] * v[2];
      scale *= std::pow(std::max(y, 0.0F), 0.2F);
    }
    for (float& c : v) c *= scale;
    if (compress_) {
      const float most = std::max({v[0], v[1], v[2]});
      if (most > 0) {
        const float ratio = compressed(most) / most;
        for (float& c : v) c *= ratio;
      }
    }
    const auto& m = matrix_;
    std::array<float, 3> out = {m[0] * v[0] + m[1] * v[1] + m[2] * v[2],
                                m[3] * v[0] + m[4] * v[1] + m[5] * v[2],
                                m[6] * v[0] + m[7] * v[1] + m[8] * v[2]};
    const float most = std::max({out[0], out[1], out[2]});
    if (most > 1) {  // too bright to be shown: towards white, keeping its luminance as far as possible
      const float y = 0.2126F * out[0] + 0.7152F * out[1] + 0.0722F * out[2];
      const float t = y >= 1 ? 1 : (most - 1) / (most - y);
      for (float& c : out) c += t * (std::min(y, 1.0F) - c);
    }
    for (size_t c = 0; c < 3; ++c) rgb[c][i] = (*encode_)(out[c]);
  }
}

}  // namespace reverie::ffmpeg
