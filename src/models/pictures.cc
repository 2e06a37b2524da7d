#include "models/pictures.h"

#include <cstring>

namespace reverie {

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

}  // namespace reverie
