#include "control/map_pictures.h"

#include <algorithm>
#include <cmath>

#include "core/error.h"
#include "core/random.h"
#include "core/text.h"

namespace reverie {
namespace {

constexpr int kSide = 256;
constexpr int kFields = 8;

// Value noise on a grid of cells x cells random values, with smooth interpolation, at x, y in 0..1.
float value_noise(const Random& draws, int cells, float x, float y) {
  const auto corner = [&](int i, int j) {
    const int place = (j % cells) * cells + i % cells;
    return draws.signed_at(static_cast<uint64_t>(place));
  };
  const auto smooth = [](float t) { return t * t * (3 - 2 * t); };
  const float u = x * static_cast<float>(cells);
  const float v = y * static_cast<float>(cells);
  const int i = static_cast<int>(u);
  const int j = static_cast<int>(v);
  const float s = smooth(u - static_cast<float>(i));
  const float t = smooth(v - static_cast<float>(j));
  const float top = corner(i, j) + (corner(i + 1, j) - corner(i, j)) * s;
  const float bottom = corner(i, j + 1) + (corner(i + 1, j + 1) - corner(i, j + 1)) * s;
  return top + (bottom - top) * t;
}

// Four octaves, each half the size and half the amplitude of the last, stretched to 0..1.
Planes clouds(uint64_t seed) {
  Planes out(1, kSide, kSide);
  for (int octave = 0; octave < 4; ++octave) {
    const Random draws = Random(seed).split(static_cast<uint64_t>(octave));
    const float height = 1.0F / static_cast<float>(1 << octave);
    for (int y = 0; y < kSide; ++y) {
      for (int x = 0; x < kSide; ++x)
        out.at(0, y, x) += height * value_noise(draws, 4 << octave, static_cast<float>(x) / kSide,
                                                static_cast<float>(y) / kSide);
    }
  }
  const auto [low, high] = std::minmax_element(out.data().begin(), out.data().end());
  const float from = *low;
  const float range = *high - from;
  for (float& v : out.data()) v = (v - from) / range;
  return out;
}

// x, y: -1..1 from edge to edge.
float shape(std::string_view name, float x, float y) {
  if (name == "radial") return std::max(0.0F, 1 - std::sqrt(x * x + y * y));
  if (name == "horizontal") return (x + 1) / 2;
  if (name == "vertical") return (y + 1) / 2;
  const auto field = [](float t) { return std::min(static_cast<int>((t + 1) / 2 * kFields), kFields - 1); };
  return (field(x) + field(y)) % 2 == 0 ? 1 : 0;
}

}  // namespace

const std::vector<std::string>& generated_map_names() {
  static const std::vector<std::string> names = {"radial", "horizontal", "vertical", "checker", "noise"};
  return names;
}

Planes generate_map(std::string_view name, uint64_t seed) {
  const std::vector<std::string>& names = generated_map_names();
  if (std::find(names.begin(), names.end(), name) == names.end())
    throw Error("make the map", std::string(name), "there is no such map" + did_you_mean(name, names));
  if (name == "noise") return clouds(seed);
  Planes out(1, kSide, kSide);
  const auto place = [](int i) { return static_cast<float>(2 * i) / (kSide - 1) - 1; };
  for (int y = 0; y < kSide; ++y) {
    for (int x = 0; x < kSide; ++x) out.at(0, y, x) = shape(name, place(x), place(y));
  }
  return out;
}

}  // namespace reverie
