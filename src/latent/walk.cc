#include "latent/walk.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>

#include "core/error.h"
#include "core/random.h"
#include "core/text.h"
#include "models/vae/grid_codes.h"

namespace reverie {
namespace {

enum Stream : uint64_t { kStops = 0x73746f70, kGround = 0x67726f756e64 };

// Weights [count, lattice] of samples at begin + i / scale, and the number of the first lattice point.
std::pair<torch::Tensor, int64_t> weights_of(int64_t count, double begin, double scale) {
  const auto first = static_cast<int64_t>(std::floor(begin)) - 1;
  const double last = begin + static_cast<double>(count - 1) / scale;
  const int64_t lattice = static_cast<int64_t>(std::floor(last)) + 2 - first + 1;
  torch::Tensor weights = torch::zeros({count, lattice});
  auto w = weights.accessor<float, 2>();
  for (int64_t i = 0; i < count; ++i) {
    const double at = begin + static_cast<double>(i) / scale;
    const auto cell = static_cast<int64_t>(std::floor(at));
    const std::array<double, 4> four = spline_weights(at - static_cast<double>(cell));
    for (int64_t k = 0; k < 4; ++k)
      w[i][cell - 1 + k - first] = static_cast<float>(four.at(static_cast<size_t>(k)));
  }
  return {weights, first};
}

}  // namespace

WalkPlace place_on(double phase, int64_t stops) {
  const double whole = (phase - std::floor(phase)) * static_cast<double>(stops);
  const int64_t from = std::min(static_cast<int64_t>(whole), stops - 1);
  return {from, (from + 1) % stops, whole - static_cast<double>(from)};
}

std::vector<int64_t> parse_stops(const std::string& text) {
  constexpr double kMost = 999999;
  std::vector<int64_t> stops;
  std::string spaced = text;
  std::replace(spaced.begin(), spaced.end(), ',', ' ');
  for (const std::string& word : split(spaced, ' ')) {
    if (trim(word).empty()) continue;
    const double number = to_number(word).value_or(-1);
    if (!(number >= 0 && number <= kMost) || number != std::floor(number))
      throw Error("understand", fmt::format("the samples '{}'", printable(text)),
                  fmt::format("'{}' is no number of one", printable(word)), "\"3 17 5\"");
    stops.push_back(static_cast<int64_t>(number));
  }
  return stops;
}

torch::Tensor along(const torch::Tensor& a, const torch::Tensor& b, double share, LatentPath path) {
  if (share == 0) return a;
  if (path == LatentPath::kStraight) return a + share * (b - a);
  const torch::Tensor na = a.norm(2, 1, true).clamp_min(1e-12);
  const torch::Tensor nb = b.norm(2, 1, true).clamp_min(1e-12);
  const torch::Tensor angle = ((a / na) * (b / nb)).sum(1, true).clamp(-1, 1).acos();
  const torch::Tensor sine = angle.sin();
  const torch::Tensor near = sine.lt(1e-4);  // as good as one direction
  const torch::Tensor safe = sine.clamp_min(1e-4);
  const torch::Tensor wa =
      torch::where(near, torch::full_like(sine, 1 - share), ((1 - share) * angle).sin() / safe);
  const torch::Tensor wb = torch::where(near, torch::full_like(sine, share), (share * angle).sin() / safe);
  return (wa * a / na + wb * b / nb) * (na + share * (nb - na));
}

torch::Tensor draw_codes(int64_t codes, uint64_t seed, int64_t stop) {
  Random random = Random(seed).split(kStops).split(static_cast<uint64_t>(stop));
  torch::Tensor all = torch::empty({1, codes});
  for (int64_t i = 0; i < codes; ++i) all.data_ptr<float>()[i] = static_cast<float>(random.normal());
  return all;
}

torch::Tensor view_ground(const GroundView& view, int64_t codes, uint64_t seed) {
  const auto [down, top] = weights_of(view.height, view.y / view.scale, view.scale);
  const auto [across, left] = weights_of(view.width, view.x / view.scale, view.scale);
  torch::Tensor lattice = torch::empty({codes, down.size(1), across.size(1)});
  const Random ground = Random(seed).split(kGround);
  auto l = lattice.accessor<float, 3>();
  for (int64_t y = 0; y < lattice.size(1); ++y) {
    for (int64_t x = 0; x < lattice.size(2); ++x) {
      Random random = ground.split(static_cast<uint64_t>(top + y)).split(static_cast<uint64_t>(left + x));
      for (int64_t c = 0; c < codes; ++c) l[c][y][x] = static_cast<float>(random.normal());
    }
  }
  return torch::matmul(torch::matmul(down, lattice), across.t()).unsqueeze(0);
}

}  // namespace reverie
