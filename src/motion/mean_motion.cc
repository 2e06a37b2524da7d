#include "motion/mean_motion.h"

#include <algorithm>
#include <opencv2/imgproc.hpp>

namespace reverie {
namespace {

constexpr double kSoft = 1.0 / 48;    // of the shorter side: standard deviation
constexpr float kLeastTrust = 1e-3F;  // a pair: where less is known nothing moves

}  // namespace

void MeanMotion::next(const Planes& picture, Threads& threads) {
  motion_.next(&picture, threads);
  if (!motion_.flow()) return;
  const Flow& back = *motion_.flow();
  const float* trust = motion_.trust()->plane(0);
  if (sum_.empty()) sum_ = Planes(3, picture.height(), picture.width());
  for (size_t i = 0; i < sum_.plane_size(); ++i) {
    sum_.plane(0)[i] -= trust[i] * back.plane(0)[i];
    sum_.plane(1)[i] -= trust[i] * back.plane(1)[i];
    sum_.plane(2)[i] += trust[i];
  }
  ++pairs_;
}

Flow MeanMotion::mean() const {
  Planes soft = sum_;
  const double sigma = kSoft * std::min(soft.height(), soft.width());
  for (int c = 0; c < soft.channels(); ++c) {
    const cv::Mat plane(soft.height(), soft.width(), CV_32F, soft.plane(c));
    if (sigma > 0) cv::GaussianBlur(plane, plane, {}, sigma);
  }
  Flow out(2, soft.height(), soft.width());
  for (size_t i = 0; i < out.plane_size(); ++i) {
    const float trust = soft.plane(2)[i] + kLeastTrust * static_cast<float>(pairs_);
    out.plane(0)[i] = trust > 0 ? soft.plane(0)[i] / trust : 0;
    out.plane(1)[i] = trust > 0 ? soft.plane(1)[i] / trust : 0;
  }
  return out;
}

}  // namespace reverie
