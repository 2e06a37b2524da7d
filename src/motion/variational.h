// Variational flow from coarse to fine.  Internal to motion/: it speaks OpenCV.
#pragma once

#include <functional>
#include <opencv2/core.hpp>

namespace reverie {

// One level of both pyramids, brightness in 0..255 as CV_32F, and how much smaller it is than the pictures.
struct PyramidLevel {
  cv::Mat from, to;
  double scale = 1;
};

struct CoarseToFine {
  double shrink = 0.95;                                 // from level to level
  int coarsest = 25;                                    // pixels of the shorter side
  float alpha = 4, delta = 0.5F / 3, gamma = 5.0F / 3;  // smoothness, brightness, gradient; DeepFlow's
  int fixed_point = 5, sor = 25;
  // Called with the flow from the level above, before it is refined, and after.
  std::function<void(const PyramidLevel&level, cv::Mat&flow)> before = nullptr, after = nullptr;
};

// from, to: CV_8U of one size, at least 32x32.  Returns CV_32FC2.  Brightness and gradient constancy with
// robust penalties and a robust smoothness (Brox et al. 2004), solved by cv::VariationalRefinement.
cv::Mat coarse_to_fine(const cv::Mat& from, const cv::Mat& to, const CoarseToFine& settings);

}  // namespace reverie
