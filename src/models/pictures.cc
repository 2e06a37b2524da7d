#include "models/pictures.h"

#include <cstring>

namespace reverie {
namespace {

// [to, from]: what each new sample takes of the old ones; beyond the picture its border goes on.
torch::Tensor lanczos_weights(int64_t from, int64_t to) {
  constexpr int64_t kLobes = 3;
  const double step = static_cast<double>(from) / static_cast<double>(to);
  const torch::Tensor at = (torch::arange(to, torch::kFloat64) + 0.5) * step - 0.5;
  const torch::Tensor first = at.floor() - (kLobes - 1);
  torch::Tensor weights = torch::zeros({to, from}, torch::kFloat64);
  for (int64_t i = 0; i < 2 * kLobes; ++i) {
    const torch::Tensor place = first + i;
    const torch::Tensor away = at - place;
    const torch::Tensor share = torch::sinc(away) * torch::sinc(away / kLobes);
    weights.scatter_add_(1, place.clamp(0, from - 1).to(torch::kInt64).unsqueeze(1), share.unsqueeze(1));
  }
  return (weights / weights.sum(1, true)).to(torch::kFloat32);
}

}  // namespace

torch::Tensor from_picture(const Planes& picture) {
  const torch::Tensor t = torch::empty({1, picture.channels(), picture.height(), picture.width()});
  std::memcpy(t.data_ptr<float>(), picture.data().data(), picture.data().size() * sizeof(float));
  return t * 255;
}

Planes to_picture(const torch::Tensor& picture) {
  const torch::Tensor t =
      torch::nan_to_num(picture.detach()).to(torch::kFloat32).div(255).clamp(0, 1).contiguous();
  Planes out(static_cast<int>(t.size(1)), static_cast<int>(t.size(2)), static_cast<int>(t.size(3)));
  std::memcpy(out.data().data(), t.data_ptr<float>(), out.data().size() * sizeof(float));
  return out;
}

torch::Tensor resized(const torch::Tensor& picture, int64_t height, int64_t width) {
  if (picture.size(2) == height && picture.size(3) == width) return picture;
  const bool shrinks = height < picture.size(2) || width < picture.size(3);
  if (shrinks) return torch::adaptive_avg_pool2d(picture, {height, width});
  return torch::upsample_bilinear2d(picture, {height, width}, false);
}

torch::Tensor enlarged(const torch::Tensor& picture, int64_t height, int64_t width) {
  const torch::Tensor wider = torch::matmul(picture, lanczos_weights(picture.size(3), width).t());
  return torch::matmul(lanczos_weights(picture.size(2), height), wider);
}

}  // namespace reverie
