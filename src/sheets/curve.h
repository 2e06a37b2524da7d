// Line plots, such as a loss over the iterations.
#pragma once

#include <string>
#include <vector>

#include "core/planes.h"

namespace reverie {

// One line of a plot.  x and y have the same length, x ascending; points that are not finite (or not above 0
// on a logarithmic axis) are left out.  A line with many points is drawn faint, with its running mean on top.
struct CurveSeries {
  std::string name;
  std::vector<double> x, y;
};

struct CurveLook {
  std::string title;
  std::string x_label = "iteration";
  bool log_y = false;
  int width = 960, height = 540;  // in pixels, at least 240 x 160
};

// All series in one plot with axes, numbers and names; [3, height, width].
Planes curve(const std::vector<CurveSeries>& series, const CurveLook& look);

}  // namespace reverie
