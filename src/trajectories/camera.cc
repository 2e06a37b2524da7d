#include "trajectories/camera.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <opencv2/imgproc.hpp>
#include <optional>
#include <vector>

#include "core/random.h"

namespace reverie {
namespace {

constexpr int kStep = 4;  // pixels between the points that are asked
constexpr int kTries = 200;
constexpr double kNear = 1;      // pixels: a point that fits
constexpr double kEnough = 0.3;  // share of the points that must fit
constexpr size_t kFewest = 12;

struct Pair {
  cv::Point2f from, to;
};

cv::Point2d applied(const cv::Matx33d& h, double x, double y) {
  const cv::Vec3d p = h * cv::Vec3d(x, y, 1);
  return std::abs(p[2]) < 1e-9 ? cv::Point2d(1e9, 1e9) : cv::Point2d(p[0] / p[2], p[1] / p[2]);
}

bool fits(const cv::Matx33d& h, const Pair& p) {
  const cv::Point2d at = applied(h, p.from.x, p.from.y);
  return std::hypot(at.x - p.to.x, at.y - p.to.y) < kNear;
}

// The homography with the smallest algebraic error over all pairs, its last entry 1.
std::optional<cv::Matx33d> least_squares(const std::vector<Pair>& pairs) {
  cv::Matx<double, 8, 8> a = cv::Matx<double, 8, 8>::zeros();
  cv::Matx<double, 8, 1> b = cv::Matx<double, 8, 1>::zeros();
  for (const Pair& p : pairs) {
    const double x = p.from.x, y = p.from.y, u = p.to.x, v = p.to.y;
    const std::array<std::array<double, 9>, 2> rows = {
        {{x, y, 1, 0, 0, 0, -u * x, -u * y, u}, {0, 0, 0, x, y, 1, -v * x, -v * y, v}}};
    for (const auto& row : rows) {
      for (int i = 0; i < 8; ++i) {
        for (int j = 0; j < 8; ++j) a(i, j) += row[static_cast<size_t>(i)] * row[static_cast<size_t>(j)];
        b(i) += row[static_cast<size_t>(i)] * row[8];
      }
    }
  }
  cv::Mat h;
  if (!cv::solve(cv::Mat(a), cv::Mat(b), h, cv::DECOMP_CHOLESKY)) return std::nullopt;
  cv::Matx33d out;
  for (int i = 0; i < 8; ++i) out.val[i] = h.at<double>(i);
  out.val[8] = 1;
  return out;
}

}  // namespace

Flow camera_flow(const Flow& flow, const Planes& structure) {
  std::vector<Pair> pairs;
  // about the middle and in widths, so that the squares are well conditioned
  const auto width = static_cast<float>(flow.width());
  for (int y = kStep / 2; y < flow.height(); y += kStep) {
    for (int x = kStep / 2; x < flow.width(); x += kStep) {
      if (!(structure.at(0, y, x) > 0)) continue;
      const cv::Point2f p(static_cast<float>(x), static_cast<float>(y));
      pairs.push_back({p, p + cv::Point2f(flow.at(0, y, x), flow.at(1, y, x))});
    }
  }
  Flow out(2, flow.height(), flow.width());
  if (pairs.size() < kFewest) return out;
  Random draws(1);
  std::vector<Pair> best;
  for (int attempt = 0; attempt < kTries; ++attempt) {
    std::array<cv::Point2f, 4> from;
    std::array<cv::Point2f, 4> to;
    for (size_t i = 0; i < 4; ++i) {
      const Pair& p = pairs[draws.bits() % pairs.size()];
      from[i] = p.from;
      to[i] = p.to;
    }
    const cv::Mat h = cv::getPerspectiveTransform(from.data(), to.data(), cv::DECOMP_SVD);
    if (!cv::checkRange(h)) continue;
    const cv::Matx33d m = h;
    std::vector<Pair> fitting;
    for (const Pair& p : pairs) {
      if (fits(m, p)) fitting.push_back(p);
    }
    if (fitting.size() > best.size()) best = std::move(fitting);
  }
  if (best.size() < kFewest || static_cast<double>(best.size()) < kEnough * static_cast<double>(pairs.size()))
    return out;
  for (Pair& p : best) p.from *= 1 / width, p.to *= 1 / width;
  const std::optional<cv::Matx33d> h = least_squares(best);
  if (!h) return out;
  for (int y = 0; y < flow.height(); ++y) {
    for (int x = 0; x < flow.width(); ++x) {
      const cv::Point2d to = applied(*h, x / static_cast<double>(width), y / static_cast<double>(width));
      out.at(0, y, x) = static_cast<float>(to.x * width - x);
      out.at(1, y, x) = static_cast<float>(to.y * width - y);
    }
  }
  return out;
}

}  // namespace reverie
