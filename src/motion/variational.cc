#include "motion/variational.h"

#include <opencv2/imgproc.hpp>
#include <opencv2/video/tracking.hpp>
#include <vector>

#include "core/stop.h"

namespace reverie {
namespace {

std::vector<cv::Mat> pyramid(const cv::Mat& picture, const CoarseToFine& s) {
  constexpr double kSigma = 0.6;
  constexpr int kKernel = 3;  // pixels
  cv::Mat finest;
  picture.convertTo(finest, CV_32F);
  cv::GaussianBlur(finest, finest, {kKernel, kKernel}, kSigma);
  std::vector<cv::Mat> levels = {finest};
  for (;;) {
    const cv::Mat& last = levels.back();
    const int width = static_cast<int>(last.cols * s.shrink + 0.5);
    const int height = static_cast<int>(last.rows * s.shrink + 0.5);
    if (width <= s.coarsest || height <= s.coarsest) return levels;
    cv::Mat next;
    cv::resize(last, next, {width, height}, 0, 0, cv::INTER_LINEAR);
    levels.push_back(next);
  }
}

}  // namespace

cv::Mat coarse_to_fine(const cv::Mat& from, const cv::Mat& to, const CoarseToFine& settings) {
  const std::vector<cv::Mat> a = pyramid(from, settings);
  const std::vector<cv::Mat> b = pyramid(to, settings);
  const auto refine = cv::VariationalRefinement::create();
  refine->setAlpha(settings.alpha);
  refine->setDelta(settings.delta);
  refine->setGamma(settings.gamma);
  refine->setFixedPointIterations(settings.fixed_point);
  refine->setSorIterations(settings.sor);
  refine->setOmega(1.6F);
  cv::Mat flow = cv::Mat::zeros(a.back().size(), CV_32FC2);
  for (size_t i = a.size(); i-- > 0;) {
    if (stop_requested()) throw Stopped();
    if (flow.size() != a[i].size()) {
      cv::Mat larger;
      cv::resize(flow, larger, a[i].size(), 0, 0, cv::INTER_LINEAR);
      flow = larger / settings.shrink;
    }
    const PyramidLevel level = {a[i], b[i], static_cast<double>(a[i].cols) / from.cols};
    if (settings.before) settings.before(level, flow);
    refine->calc(level.from, level.to, flow);
    if (settings.after) settings.after(level, flow);
  }
  return flow;
}

}  // namespace reverie
