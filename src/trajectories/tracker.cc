#include "trajectories/tracker.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <opencv2/imgproc.hpp>

#include "core/error.h"
#include "trajectories/camera.h"

namespace reverie {
namespace {

constexpr double kScaleStep = 1.4142135623730951;
constexpr double kQuality = 0.001;          // of the picture's strongest corner: what is flat
constexpr float kFlat = 1e-6F;              // of a corner, where nothing is a corner
constexpr double kLeastSpread = 1.7320508;  // pixels of standard deviation: a way that stands still
constexpr double kMostSpread = 50;
constexpr double kMostJump = 20, kJumpShare = 0.7;  // pixels, of the whole way: a step that is a mistake
constexpr double kLeastOwn = 1;                     // pixels a frame that are not the camera's
constexpr int kTimeCell = kTrackLength / kTimeCells;

cv::Mat as_mat(const Planes& planes, int channel) {
  return {planes.height(), planes.width(), CV_32F, const_cast<float*>(planes.plane(channel))};
}

// The smaller eigenvalue of the gradients' covariance at each pixel.
cv::Mat corners(const Planes& grey) {
  cv::Mat out;
  cv::cornerMinEigenVal(as_mat(grey, 0) / 255.0F, out, 3, 3);
  return out;
}

float least_corner(const cv::Mat& eigenvalues) {
  double most = 0;
  cv::minMaxLoc(eigenvalues, nullptr, &most);
  return std::max(kFlat, static_cast<float>(most * kQuality));
}

Flow medians(const Flow& flow) {
  Flow out(2, flow.height(), flow.width());
  for (int c = 0; c < 2; ++c) {
    cv::Mat filtered;
    cv::medianBlur(as_mat(flow, c), filtered, 3);
    for (int y = 0; y < out.height(); ++y) std::copy_n(filtered.ptr<float>(y), out.width(), out.row(c, y));
  }
  return out;
}

// A flow as that of a smaller picture.
Flow shrunk(const Flow& flow, int height, int width) {
  if (flow.height() == height && flow.width() == width) return flow;
  Flow out = resize(flow, height, width);
  for (size_t i = 0; i < out.plane_size(); ++i) {
    out.plane(0)[i] *= static_cast<float>(width) / static_cast<float>(flow.width());
    out.plane(1)[i] *= static_cast<float>(height) / static_cast<float>(flow.height());
  }
  return out;
}

Flow difference(const Flow& a, const Flow& b) {
  Flow out = a;
  for (size_t i = 0; i < out.data().size(); ++i) out.data()[i] -= b.data()[i];
  return out;
}

void scale_to_norm_1(float* values, int count) {
  double squares = 0;
  for (int i = 0; i < count; ++i) squares += static_cast<double>(values[i]) * values[i];
  if (squares <= 0) return;
  const auto scale = static_cast<float>(1 / std::sqrt(squares));
  for (int i = 0; i < count; ++i) values[i] *= scale;
}

double spread(const std::vector<std::array<float, 2>>& way, size_t axis) {
  double sum = 0;
  double squares = 0;
  for (const auto& p : way) {
    sum += p[axis];
    squares += static_cast<double>(p[axis]) * p[axis];
  }
  const auto n = static_cast<double>(way.size());
  return std::sqrt(std::max(0.0, squares / n - sum / n * (sum / n)));
}

}  // namespace

void Tracker::make_scales(const Planes& grey) {
  for (int i = 0; i < settings_.scales; ++i) {
    const double factor = std::pow(kScaleStep, i);
    const int height = static_cast<int>(std::lround(grey.height() / factor));
    const int width = static_cast<int>(std::lround(grey.width() / factor));
    if (i > 0 && std::min(height, width) < kPatchSide) break;
    scales_.emplace_back().grey = Planes(1, height, width);
  }
}

// New points on a lattice, where none is near and the picture is not flat.
void Tracker::add_points(Scale& scale) const {
  const cv::Mat eigenvalues = corners(scale.grey);
  const float least = least_corner(eigenvalues);
  const int step = settings_.step;
  const int across = scale.grey.width() / step;
  const int down = scale.grey.height() / step;
  std::vector<uint8_t> taken(static_cast<size_t>(across) * static_cast<size_t>(down));
  const auto place = [&](int x, int y) {
    return static_cast<size_t>(y) * static_cast<size_t>(across) + static_cast<size_t>(x);
  };
  for (const Point& p : scale.points) {
    const int x = static_cast<int>(p.way.back()[0]) / step;
    const int y = static_cast<int>(p.way.back()[1]) / step;
    if (x >= 0 && y >= 0 && x < across && y < down) taken[place(x, y)] = 1;
  }
  for (int y = 0; y < down; ++y) {
    for (int x = 0; x < across; ++x) {
      const int px = x * step + step / 2;
      const int py = y * step + step / 2;
      if (taken[place(x, y)] || eigenvalues.at<float>(py, px) <= least) continue;
      Point& p = scale.points.emplace_back();
      p.first = frame_;
      p.way.push_back({static_cast<float>(px), static_cast<float>(py)});
    }
  }
}

bool Tracker::finish(const Point& point, int index, Track& track) const {
  double whole = 0;
  double longest = 0;
  double own = 0;
  for (size_t i = 0; i < kTrackLength; ++i) {
    const double jump =
        std::hypot(point.way[i + 1][0] - point.way[i][0], point.way[i + 1][1] - point.way[i][1]);
    longest = std::max(longest, jump);
    whole += jump;
    own = std::max(
        own, std::hypot(static_cast<double>(point.steps[i][0]), static_cast<double>(point.steps[i][1])));
  }
  const double across = spread(point.way, 0);
  const double down = spread(point.way, 1);
  if (across < kLeastSpread && down < kLeastSpread) return false;
  if (across > kMostSpread || down > kMostSpread) return false;
  if (longest > kMostJump && longest > kJumpShare * whole) return false;
  if (settings_.without_camera && own < kLeastOwn) return false;

  track.first = point.first;
  track.scale = index;
  const float factor = static_cast<float>(last_.width()) /
                       static_cast<float>(scales_[static_cast<size_t>(index)].grey.width());
  for (size_t i = 0; i <= kTrackLength; ++i)
    track.points[i] = {point.way[i][0] * factor, point.way[i][1] * factor};
  double length = 0;
  for (const auto& s : point.steps) length += std::hypot(s[0], s[1]);
  for (size_t i = 0; i < kTrackLength && length > 0; ++i) {
    track.values[2 * i] = point.steps[i][0] / static_cast<float>(length);
    track.values[2 * i + 1] = point.steps[i][1] / static_cast<float>(length);
  }
  size_t from = 0;
  for (size_t c = 1; c < kTrackChannels.size(); ++c) {
    const TrackChannel& channel = kTrackChannels[c];
    const auto per_frame = static_cast<size_t>(channel.count / kTimeCells);
    float* to = track.values.data() + channel.first;
    for (size_t t = 0; t < kTimeCells; ++t)
      std::copy_n(point.cells[t].data() + from, per_frame, to + t * per_frame);
    scale_to_norm_1(to, channel.count);
    from += per_frame;
  }
  return true;
}

// flow, camera: from the last frame to this one, in pixels of this scale; the grey picture is the last one.
void Tracker::follow(int index, const Flow& flow, const Flow& camera, std::vector<Track>& ended) {
  Scale& scale = scales_[static_cast<size_t>(index)];
  if (scale.points.empty()) return;
  const Flow smooth = medians(flow);
  const CellHistograms histograms(scale.grey, camera.empty() ? flow : difference(flow, camera));
  std::vector<Point> kept;
  for (Point& p : scale.points) {
    const auto [x, y] = p.way.back();
    const int px = std::clamp(static_cast<int>(std::lround(x)), 0, flow.width() - 1);
    const int py = std::clamp(static_cast<int>(std::lround(y)), 0, flow.height() - 1);
    const float dx = smooth.at(0, py, px);
    const float dy = smooth.at(1, py, px);
    const float to_x = x + dx;
    const float to_y = y + dy;
    if (!(to_x >= 0 && to_y >= 0 && to_x <= static_cast<float>(flow.width() - 1) &&
          to_y <= static_cast<float>(flow.height() - 1)))
      continue;
    const CellSums sums = histograms.around(x, y);
    CellSums& cell = p.cells[p.steps.size() / kTimeCell];
    for (size_t i = 0; i < sums.size(); ++i) cell[i] += sums[i];
    p.way.push_back({to_x, to_y});
    p.steps.push_back(
        {dx - (camera.empty() ? 0 : camera.at(0, py, px)), dy - (camera.empty() ? 0 : camera.at(1, py, px))});
    if (p.steps.size() < kTrackLength) {
      kept.push_back(std::move(p));
    } else if (Track track; finish(p, index, track)) {
      ended.push_back(track);
    }
  }
  scale.points = std::move(kept);
}

std::vector<Track> Tracker::next(const Planes& picture) {
  Planes grey = luma(picture);
  if (!last_.empty() && !last_.same_shape(grey))
    throw Error("follow", "the points of a video",
                fmt::format("a frame is {}x{}, the ones before {}x{}", grey.width(), grey.height(),
                            last_.width(), last_.height()));
  if (scales_.empty()) make_scales(grey);
  const bool cut = cuts_.next(picture, threads_);
  std::vector<std::vector<Track>> ended(scales_.size());
  Flow flow;
  Flow camera;
  if (!last_.empty() && !cut) {
    flow = find_flow(last_, grey, settings_.method);
    if (settings_.without_camera) {
      const cv::Mat eigenvalues = corners(scales_[0].grey);
      const float least = least_corner(eigenvalues);
      Planes structure(1, grey.height(), grey.width());
      for (int y = 0; y < grey.height(); ++y) {
        for (int x = 0; x < grey.width(); ++x)
          structure.at(0, y, x) = eigenvalues.at<float>(y, x) > least ? 1 : 0;
      }
      camera = camera_flow(flow, structure);
    }
  }
  threads_.each(static_cast<int>(scales_.size()), [&](int i) {
    Scale& scale = scales_[static_cast<size_t>(i)];
    const int height = scale.grey.height();
    const int width = scale.grey.width();
    if (!flow.empty())
      follow(i, shrunk(flow, height, width), camera.empty() ? Flow() : shrunk(camera, height, width),
             ended[static_cast<size_t>(i)]);
    if (cut) scale.points.clear();
    scale.grey = resize(grey, height, width);
    for (float& v : scale.grey.data()) v *= 255;
    add_points(scale);
  });
  last_ = std::move(grey);
  ++frame_;
  std::vector<Track> all;
  for (const std::vector<Track>& some : ended) all.insert(all.end(), some.begin(), some.end());
  return all;
}

}  // namespace reverie
