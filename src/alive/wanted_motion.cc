#include "alive/wanted_motion.h"

#include <fmt/format.h>

#include <cmath>
#include <numbers>

#include "core/error.h"
#include "motion/flo.h"

namespace reverie {
namespace {

constexpr double kRounding = 0.01;     // of positions
constexpr double kSlight = 1e-2;       // change, -1..1, that says nothing
constexpr int kPathSteps = 4;          // a frame
constexpr double kLeastSpeed = 0.015;  // pixels a frame, on average; videos of nothing have some too

// Values of x, [1, C, H, W], at positions in samples, [1, H, W, 2]; beyond the edges is the edge.
torch::Tensor at_positions(const torch::Tensor& x, const torch::Tensor& positions) {
  const torch::Tensor last = torch::tensor({x.size(3) - 1, x.size(2) - 1}, positions.options()).clamp_min(1);
  constexpr int64_t kLinear = 0;
  constexpr int64_t kBeyondIsEdge = 1;
  return at::grid_sampler_2d(x, (2 * positions / last - 1).expand({x.size(0), -1, -1, -1}), kLinear,
                             kBeyondIsEdge, true);
}

// [1, H, W, 2]: x and y of every sample.
torch::Tensor places(int64_t height, int64_t width) {
  const torch::Tensor y = torch::arange(height, torch::kFloat32).view({height, 1}).expand({height, width});
  const torch::Tensor x = torch::arange(width, torch::kFloat32).expand({height, width});
  return at::stack({x, y}, 2).unsqueeze(0);
}

}  // namespace

torch::Tensor drift(double x, double y, double turn, int height, int width) {
  const double angle = turn * std::numbers::pi / 180;
  const torch::Tensor place = places(height, width)[0];
  const torch::Tensor across = place.select(2, 0) - 0.5 * (width - 1);
  const torch::Tensor down = place.select(2, 1) - 0.5 * (height - 1);
  return at::stack({x + angle * down, y - angle * across});
}

torch::Tensor motion_of_clip(const Flow& mean, double speed, int height, int width) {
  Flow known = mean;
  for (size_t i = 0; i < known.plane_size(); ++i) {
    if (!is_known(known.plane(0)[i], known.plane(1)[i])) known.plane(0)[i] = known.plane(1)[i] = 0;
  }
  Flow flow = resize_flow(known, height, width);
  const torch::Tensor velocity =
      speed * torch::from_blob(flow.data().data(), {2, height, width}, torch::kFloat32);
  const double speed_on_average = velocity.square().sum(0).sqrt().mean().item<double>();
  if (speed_on_average < kLeastSpeed)
    throw Error("move as", "the clip of --motion",
                fmt::format("it all but stands still: {:.2g} pixels a frame on average, in pictures of {}x{}",
                            speed_on_average, width, height),
                "take one in which something keeps going the same way, or --set motion_speed=10");
  return velocity;
}

WantedMotion::WantedMotion(const torch::Tensor& velocity) {
  const torch::NoGradGuard no_grad;
  const torch::Tensor v = velocity.unsqueeze(0);
  const int64_t height = v.size(2);
  const int64_t width = v.size(3);
  const torch::Tensor last = torch::tensor({width - 1, height - 1}, v.options());
  torch::Tensor at = places(height, width);
  torch::Tensor inside = torch::ones({1, height, width}, v.options());
  const auto step = [&](const torch::Tensor& where) {
    return at_positions(v, where).permute({0, 2, 3, 1}) / kPathSteps;
  };
  for (int64_t frames = 1; frames < kFrames; ++frames) {  // back along the path, by the midpoint rule
    for (int i = 0; i < kPathSteps; ++i) {
      at = at - step(at - step(at) / 2);
      inside = inside * at.ge(-kRounding).logical_and(at.le(last + kRounding)).all(3);
    }
    if ((frames & (frames - 1)) == 0) paths_.push_back({frames, at, inside.unsqueeze(1)});
  }
  if (inside.sum().item<double>() == 0)
    throw Error("want", "such a motion",
                fmt::format("after {} frames all would have left the picture", kFrames - 1),
                "a smaller motion_x, motion_y or motion_speed");
}

torch::Tensor WantedMotion::otherwise(const std::vector<torch::Tensor>& frames) const {
  const torch::Tensor& now = frames.back();
  torch::Tensor sum;
  for (const Path& path : paths_) {
    const torch::Tensor& then = frames[frames.size() - 1 - static_cast<size_t>(path.frames)];
    const torch::Tensor known = path.known.to(now.device());
    const auto differ = [&](const torch::Tensor& one, const torch::Tensor& other) {
      return ((one - other) * known).abs().sum() / (known.sum() * (now.size(0) * now.size(1))) + kSlight;
    };
    const torch::Tensor carried = at_positions(then, path.from.to(now.device()));
    // By what it would change, so that stripes along the motion, which may stand still, are no way out.
    const torch::Tensor otherwise =
        differ(carried, now) / torch::max(differ(carried, then), differ(then, now));
    sum = sum.defined() ? sum + otherwise : otherwise;
  }
  return sum / static_cast<double>(paths_.size());
}

}  // namespace reverie
