// Large displacement optical flow.  Internal to motion/: it speaks OpenCV.
#pragma once

#include <opencv2/core.hpp>

namespace reverie {

// from, to: CV_8U of one size, at least 32x32.  Returns CV_32FC2.  Descriptor matches inside a variational
// solver, in the manner of Brox and Malik ("Large Displacement Optical Flow", PAMI 2011): from coarse to
// fine, a match takes the place of the flow that came from the coarser level wherever it explains the level's
// two pictures clearly better, and boundaries of motion move to where they fit; then the level is refined,
// and its flow's medians are taken (Sun, Roth, Black 2010).  So small things may move much further than their
// own size.
cv::Mat large_displacement_flow(const cv::Mat& from, const cv::Mat& to);

}  // namespace reverie
