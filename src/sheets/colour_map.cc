#include "sheets/colour_map.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>

namespace reverie {
namespace {

// CoolWarmFloat33 as published by Moreland, in 255ths.
constexpr std::array<std::array<float, 3>, 33> kCoolWarm = {
    {{59, 76, 192},   {68, 90, 204},   {77, 104, 215},  {87, 117, 225},  {98, 130, 234},  {108, 142, 241},
     {119, 154, 247}, {130, 165, 251}, {141, 176, 254}, {152, 185, 255}, {163, 194, 255}, {174, 201, 253},
     {184, 208, 249}, {194, 213, 244}, {204, 217, 238}, {213, 219, 230}, {221, 221, 221}, {229, 216, 209},
     {236, 211, 197}, {241, 204, 185}, {245, 196, 173}, {247, 187, 160}, {247, 177, 148}, {247, 166, 135},
     {244, 154, 123}, {241, 141, 111}, {236, 127, 99},  {229, 112, 88},  {222, 96, 77},   {213, 80, 66},
     {203, 62, 56},   {192, 40, 47},   {180, 4, 38}}};

// value / limit in -1..1; NaN becomes 0.
float relative(float value, float limit) {
  const float t = value / limit;
  return std::isnan(t) ? 0.0F : std::clamp(t, -1.0F, 1.0F);
}

void put(Planes& picture, int y, int x, const Colour& colour) {
  picture.at(0, y, x) = colour.r;
  picture.at(1, y, x) = colour.g;
  picture.at(2, y, x) = colour.b;
}

}  // namespace

Colour cool_warm(float t) {
  const float place = (relative(t, 1.0F) + 1) * 0.5F * (kCoolWarm.size() - 1);
  const size_t below = std::min(static_cast<size_t>(place), kCoolWarm.size() - 2);
  const float part = place - static_cast<float>(below);
  const auto mixed = [&](size_t c) {
    return (kCoolWarm.at(below)[c] * (1 - part) + kCoolWarm.at(below + 1)[c] * part) / 255.0F;
  };
  return {mixed(0), mixed(1), mixed(2)};
}

Planes diverging(const Planes& values, int channel, float limit) {
  Planes out(3, values.height(), values.width());
  for (int y = 0; y < values.height(); ++y) {
    for (int x = 0; x < values.width(); ++x)
      put(out, y, x, cool_warm(relative(values.at(channel, y, x), limit)));
  }
  return out;
}

Planes signed_grey(const Planes& values, int channel, float limit) {
  Planes out(1, values.height(), values.width());
  std::transform(values.plane(channel), values.plane(channel) + values.plane_size(), out.plane(0),
                 [limit](float v) { return 0.5F + 0.5F * relative(v, limit); });
  return out;
}

Planes signed_colour(const Planes& values, int first, float limit) {
  Planes out(3, values.height(), values.width(), 0.5F);
  for (int c = 0; c < 3 && first + c < values.channels(); ++c) {
    const Planes grey = signed_grey(values, first + c, limit);
    std::copy(grey.data().begin(), grey.data().end(), out.plane(c));
  }
  return out;
}

float signed_limit(std::span<const float> values, double share) {
  std::vector<float> sizes;
  sizes.reserve(values.size());
  for (const float v : values) {
    if (std::isfinite(v)) sizes.push_back(std::abs(v));
  }
  if (sizes.empty()) return 1;
  const double place = std::clamp(share, 0.0, 1.0) * static_cast<double>(sizes.size() - 1);
  const auto at = sizes.begin() + static_cast<std::ptrdiff_t>(std::ceil(place));
  std::nth_element(sizes.begin(), at, sizes.end());
  if (*at > 0) return *at;
  const float largest = *std::max_element(sizes.begin(), sizes.end());  // nearly all of them are 0
  return largest > 0 ? largest : 1;
}

Planes colour_bar(float limit, int width, const Colour& ground, const Colour& ink) {
  constexpr int kGap = 6;
  constexpr int kScale = 2;
  constexpr int kBar = 10;
  Planes out(3, kBar + kGap + kLetterHeight * kScale, width);
  for (int y = 0; y < out.height(); ++y) {
    for (int x = 0; x < width; ++x) {
      const float t = width > 1 ? 2.0F * static_cast<float>(x) / static_cast<float>(width - 1) - 1 : 0;
      put(out, y, x, y < kBar ? cool_warm(t) : ground);
    }
  }
  const std::string right = fmt::format("{:.3g}", limit);
  const int y = kBar + kGap;
  draw_text(out, 0, y, "-" + right, ink, kScale);
  draw_text(out, (width - text_width("0", kScale)) / 2, y, "0", ink, kScale);
  draw_text(out, width - text_width(right, kScale), y, right, ink, kScale);
  return out;
}

}  // namespace reverie
