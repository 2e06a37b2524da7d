#include "motion/ldof.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <opencv2/imgproc.hpp>

#include "motion/matches.h"
#include "motion/variational.h"

namespace reverie {
namespace {

constexpr int kReachShare = 4, kMostReach = 128;  // of the larger side; pixels
constexpr float kOther = 5;    // pixels: nearer to the flow the solver does better than matches
constexpr float kStay = 0.5F;  // the same of a neighbour's flow at a boundary
constexpr int kFar = 3;        // pixels of a level, to those neighbours
constexpr int kBoundaryPasses = 2;
constexpr float kBetter = 0.5F;  // share of the flow's cost that a match's must be below
constexpr float kLeastGain = 1;  // grey levels
constexpr int kWindow = 3;       // cost: over 7x7 pixels
constexpr int kMedian = 5;       // pixels

float sample(const cv::Mat& picture, float x, float y) {
  x = std::clamp(x, 0.0F, static_cast<float>(picture.cols - 1));
  y = std::clamp(y, 0.0F, static_cast<float>(picture.rows - 1));
  const int left = std::min(static_cast<int>(x), picture.cols - 2);
  const int top = std::min(static_cast<int>(y), picture.rows - 2);
  const float fx = x - static_cast<float>(left);
  const float fy = y - static_cast<float>(top);
  const float* a = picture.ptr<float>(top) + left;
  const float* b = picture.ptr<float>(top + 1) + left;
  const float upper = a[0] + fx * (a[1] - a[0]);
  return upper + fy * (b[0] + fx * (b[1] - b[0]) - upper);
}

// How badly a flow explains the surroundings of a pixel: mean difference without that of the means, so that
// a change of brightness costs nothing.
float cost(const PyramidLevel& level, int x, int y, const cv::Vec2f& flow) {
  constexpr int kSide = 2 * kWindow + 1, kCount = kSide * kSide;
  std::array<float, kCount> difference;
  float mean = 0;
  size_t n = 0;
  for (int j = -kWindow; j <= kWindow; ++j) {
    const int v = std::clamp(y + j, 0, level.from.rows - 1);
    for (int i = -kWindow; i <= kWindow; ++i, ++n) {
      const int u = std::clamp(x + i, 0, level.from.cols - 1);
      difference[n] = level.from.at<float>(v, u) -
                      sample(level.to, static_cast<float>(u) + flow[0], static_cast<float>(v) + flow[1]);
      mean += difference[n];
    }
  }
  mean /= kCount;
  float sum = 0;
  for (const float d : difference) sum += std::abs(d - mean);
  return sum / kCount;
}

// Puts matches into a level's flow where they explain it better.
void take_matches(const std::vector<Match>& matches, const PyramidLevel& level, cv::Mat& flow) {
  const auto scale = static_cast<float>(level.scale);
  const float half = kMatchStep * scale / 2;
  const cv::Mat before = flow.clone();
  for (const Match& m : matches) {
    const cv::Vec2f said(static_cast<float>(m.dx) * scale, static_cast<float>(m.dy) * scale);
    const float cx = static_cast<float>(m.x) * scale;
    const float cy = static_cast<float>(m.y) * scale;
    const int x = std::min(static_cast<int>(cx + 0.5F), flow.cols - 1);
    const int y = std::min(static_cast<int>(cy + 0.5F), flow.rows - 1);
    const cv::Vec2f now = before.at<cv::Vec2f>(y, x);
    if (std::hypot(said[0] - now[0], said[1] - now[1]) < kOther * scale) continue;
    const float cost_now = cost(level, x, y, now);
    const float cost_said = cost(level, x, y, said);
    if (cost_said > kBetter * cost_now || cost_said > cost_now - kLeastGain) continue;
    const int right = std::min(flow.cols - 1, static_cast<int>(cx + half));
    const int below = std::min(flow.rows - 1, static_cast<int>(cy + half));
    for (int v = std::max(0, static_cast<int>(std::ceil(cy - half))); v <= std::max(y, below); ++v) {
      for (int u = std::max(0, static_cast<int>(std::ceil(cx - half))); u <= std::max(x, right); ++u)
        flow.at<cv::Vec2f>(v, u) = said;
    }
  }
}

// Where flows of different speed meet, each pixel takes that of its neighbourhood that explains it best.
void move_boundaries(const PyramidLevel& level, cv::Mat& flow) {
  const float least = kOther * static_cast<float>(level.scale);
  const cv::Mat before = flow.clone();
  for (int y = 0; y < flow.rows; ++y) {
    for (int x = 0; x < flow.cols; ++x) {
      const cv::Vec2f now = before.at<cv::Vec2f>(y, x);
      float best = -1;
      for (const auto& [i, j] : {std::pair(-kFar, 0), {kFar, 0}, {0, -kFar}, {0, kFar}}) {
        const int u = x + i;
        const int v = y + j;
        if (u < 0 || v < 0 || u >= flow.cols || v >= flow.rows) continue;
        const cv::Vec2f other = before.at<cv::Vec2f>(v, u);
        if (std::abs(other[0] - now[0]) + std::abs(other[1] - now[1]) < least) continue;
        if (best < 0) best = kStay * cost(level, x, y, now);
        const float c = cost(level, x, y, other);
        if (c < best) best = c, flow.at<cv::Vec2f>(y, x) = other;
      }
    }
  }
}

void take_medians(cv::Mat& flow) {
  std::array<cv::Mat, 2> parts;
  cv::split(flow, parts.data());
  for (cv::Mat& part : parts) cv::medianBlur(part, part, kMedian);
  cv::merge(parts.data(), parts.size(), flow);
}

}  // namespace

cv::Mat large_displacement_flow(const cv::Mat& from, const cv::Mat& to) {
  const int reach = std::min(kMostReach, std::max(from.cols, from.rows) / kReachShare);
  const std::vector<Match> matches = match_descriptors(from, to, reach);
  CoarseToFine settings;
  settings.alpha = 3;
  settings.fixed_point = 8;
  settings.before = [&](const PyramidLevel& level, cv::Mat& flow) {
    take_matches(matches, level, flow);
    for (int pass = 0; pass < kBoundaryPasses; ++pass) move_boundaries(level, flow);
  };
  settings.after = [](const PyramidLevel& /*level*/, cv::Mat& flow) { take_medians(flow); };
  return coarse_to_fine(from, to, settings);
}

}  // namespace reverie
