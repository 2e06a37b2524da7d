// Descriptors matched between two pictures, however far things moved.  Internal to motion/: it speaks OpenCV.
#pragma once

#include <opencv2/core.hpp>
#include <vector>

namespace reverie {

// What is around (x, y) in the first picture is around (x + dx, y + dy) in the second.
struct Match {
  int x = 0, y = 0, dx = 0, dy = 0;
};

inline constexpr int kMatchStep = 4;  // pixels from one matched point to the next

// from, to: CV_8U of one size.  Points of a lattice of kMatchStep pixels are matched by a histogram of
// oriented gradients: 4x4 cells of 4x4 pixels with 8 directions each, of unit norm (after Brox and Malik
// 2011, section 4).  Every lattice point within `reach` pixels is compared; a match is kept where the search
// back from it ends where it began, is then placed to the pixel, and must agree with a group of others around
// it. Points without structure have none.
std::vector<Match> match_descriptors(const cv::Mat& from, const cv::Mat& to, int reach);

}  // namespace reverie
