#include "alive/bands.h"

#include <algorithm>
#include <cmath>

#include "models/pictures.h"

namespace reverie {
namespace {

constexpr double kLowest = 3;     // cycles a side
constexpr double kPerOctave = 3;  // bands
constexpr double kFloor = 1e-6;   // of power: below what eight bits of a picture show

// Which places of the spectrum belong to each band.
torch::Tensor bands_of(int side) {
  std::vector<torch::Tensor> rows;
  const torch::Tensor cycles = torch::fft_fftfreq(side) * side;
  const torch::Tensor radius = (cycles.square().unsqueeze(0) + cycles.square().unsqueeze(1)).sqrt();
  const double step = std::exp2(1 / kPerOctave);
  for (double low = kLowest; low * step <= side / 2.0; low *= step) {
    const torch::Tensor there = radius.ge(low).logical_and(radius.lt(low * step)).to(torch::kFloat32);
    const double count = there.sum().item<double>();
    if (count > 0) rows.push_back(there.flatten() / count);
  }
  return torch::stack(rows);
}

// Squares of the picture from corner to corner.
torch::Tensor squares_of(const torch::Tensor& picture, int64_t side) {
  std::vector<torch::Tensor> squares;
  const auto begins = [&](int64_t size) {
    std::vector<int64_t> all;
    const int64_t count = (size + side - 1) / side;
    for (int64_t i = 0; i < count; ++i) all.push_back(count == 1 ? 0 : i * (size - side) / (count - 1));
    return all;
  };
  for (const int64_t y : begins(picture.size(2)))
    for (const int64_t x : begins(picture.size(3)))
      squares.push_back(picture.narrow(2, y, side).narrow(3, x, side));
  return torch::cat(squares);
}

}  // namespace

Bands::Bands(int side, int style_size, const std::vector<Planes>& style, torch::Device device)
    : window_(torch::hann_window(side, torch::TensorOptions(device))), band_of_(bands_of(side).to(device)) {
  window_ = window_.unsqueeze(0) * window_.unsqueeze(1);
  const torch::NoGradGuard no_grad;
  std::vector<torch::Tensor> squares;
  for (const Planes& picture : style) {
    const double scale =
        static_cast<double>(std::max(style_size, side)) / std::min(picture.height(), picture.width());
    const auto scaled = [&](int n) { return std::max(side, static_cast<int>(std::lround(n * scale))); };
    const Planes small = resize(picture, scaled(picture.height()), scaled(picture.width()));
    squares.push_back(squares_of(from_picture(small).to(device) / 255, side));
  }
  style_ = power(torch::cat(squares)).log();
}

torch::Tensor Bands::power(const torch::Tensor& pictures) const {
  const torch::Tensor grey = pictures.mean(1);
  const torch::Tensor waves = torch::fft_fft2((grey - grey.mean(at::IntArrayRef({1, 2}), true)) * window_);
  const torch::Tensor power = torch::view_as_real(waves).square().sum(-1).flatten(1).mean(0);
  return torch::mv(band_of_, power) / static_cast<double>(window_.numel()) + kFloor;
}

torch::Tensor Bands::distance(const torch::Tensor& pictures) const {
  // what is far off, as where a drawn style has nothing at all, does not drown the rest
  return (power(pictures).log() - style_).abs().log1p().mean();
}

}  // namespace reverie
