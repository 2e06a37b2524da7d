// Transfer functions and primaries: what is meant for HDR and wide gamut screens, as a BT.709 screen shows
// it. Internal to media/.
#pragma once

#include <algorithm>
#include <array>
#include <optional>
#include <vector>

#include "media/ffmpeg.h"

namespace reverie::ffmpeg {

// What R, G and B mean, apart from matrix and range.
struct ColourTags {
  AVColorTransferCharacteristic transfer = AVCOL_TRC_UNSPECIFIED;
  AVColorPrimaries primaries = AVCOL_PRI_UNSPECIFIED;
  double peak = 0;  // brightest light in the film, in cd/m2; 0: unknown
  bool operator==(const ColourTags&) const = default;
};

// A function over 0..1, by linear interpolation in a table.
class Curve {
 public:
  template <class F>
  explicit Curve(const F& f) : table_(kSize + 2) {
    for (size_t i = 0; i < table_.size(); ++i)
      table_[i] = static_cast<float>(f(std::min(1.0, static_cast<double>(i) / kSize)));
  }
  // v beyond 0..1 is clamped.
  float operator()(float v) const {
    const float at = (v > 0 ? (v < 1 ? v : 1.0F) : 0.0F) * kSize;
    const auto i = static_cast<size_t>(at);
    return table_[i] + (at - static_cast<float>(i)) * (table_[i + 1] - table_[i]);
  }

 private:
  static constexpr int kSize = 1 << 14;
  std::vector<float> table_;
};

// Converts R, G, B, 0..1 (linear light may exceed 1), to BT.709 primaries and, unless they are already coded
// for an SDR screen, the sRGB curve (IEC 61966-2-1).
//
// PQ (SMPTE ST 2084) and HLG (BT.2100; on a screen of 1000 cd/m2) have their reference white of 203 cd/m2
// (BT.2408) shown as white, and what is darker as it is.  If the film says that it is brighter than that, its
// highlights are compressed as in BT.2390, 5.4; otherwise they fade to white.
class ColourConversion {
 public:
  explicit ColourConversion(const ColourTags& tags);

  bool identity() const { return identity_; }
  const ColourTags& tags() const { return tags_; }
  void convert(std::array<std::vector<float>, 3>& rgb) const;

 private:
  float compressed(float light) const;

  ColourTags tags_;
  bool identity_ = true;
  bool hlg_ = false;
  std::array<float, 9> matrix_{};  // to BT.709, by rows
  std::array<float, 3> luminance_{};
  std::optional<Curve> decode_, encode_, compress_;
  float scale_ = 1;  // of decoded light
};

}  // namespace reverie::ffmpeg
