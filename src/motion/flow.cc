#include "motion/flow.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <opencv2/core.hpp>
#include <opencv2/imgproc.hpp>
#include <opencv2/video/tracking.hpp>

#include "core/error.h"
#include "core/text.h"
#include "motion/flo.h"
#include "motion/ldof.h"
#include "motion/variational.h"

namespace reverie {
namespace {

constexpr int kSmallestSide = 32;  // OpenCV refuses smaller pictures, or finds nothing in them

// The flows both ways share our threads; OpenCV's would compete with them, and how it cuts a picture into
// strips must not matter.
void use_one_thread() {
  static const bool once = [] {
    cv::setNumThreads(1);
    return true;
  }();
  static_cast<void>(once);
}

// Brightness, 0..255, continued beyond its edges where it is too small.
cv::Mat grey(const Planes& picture) {
  const Planes bright = picture.channels() == 1 ? picture : luma(picture);
  cv::Mat out(picture.height(), picture.width(), CV_8U);
  for (int y = 0; y < out.rows; ++y) {
    const float* from = bright.row(0, y);
    auto* to = out.ptr<uint8_t>(y);
    // written so that what is not a number becomes black
    for (int x = 0; x < out.cols; ++x)
      to[x] = static_cast<uint8_t>((from[x] > 0 ? std::min(from[x], 1.0F) : 0.0F) * 255 + 0.5F);
  }
  const int below = std::max(0, kSmallestSide - out.rows);
  const int right = std::max(0, kSmallestSide - out.cols);
  if (below + right > 0) cv::copyMakeBorder(out, out, 0, below, 0, right, cv::BORDER_REPLICATE);
  return out;
}

cv::Mat dis(const cv::Mat& from, const cv::Mat& to, int preset) {
  cv::Mat flow;
  cv::DISOpticalFlow::create(preset)->calc(from, to, flow);
  return flow;
}

cv::Mat farneback(const cv::Mat& from, const cv::Mat& to) {
  constexpr double kScale = 0.5, kSigma = 1.1;
  constexpr int kLevels = 6, kWindow = 21, kIterations = 3, kNeighbours = 5;
  cv::Mat flow;
  cv::calcOpticalFlowFarneback(from, to, flow, kScale, kLevels, kWindow, kIterations, kNeighbours, kSigma, 0);
  return flow;
}

// All pixels, patches and steps that DIS can have.
cv::Mat dis_fine(const cv::Mat& from, const cv::Mat& to) {
  const auto method = cv::DISOpticalFlow::create(cv::DISOpticalFlow::PRESET_MEDIUM);
  method->setFinestScale(0);
  method->setGradientDescentIterations(50);
  method->setVariationalRefinementIterations(10);
  cv::Mat flow;
  method->calc(from, to, flow);
  return flow;
}

cv::Mat find(const cv::Mat& from, const cv::Mat& to, FlowMethod method) {
  switch (method) {
    case FlowMethod::kDisUltrafast:
      return dis(from, to, cv::DISOpticalFlow::PRESET_ULTRAFAST);
    case FlowMethod::kDisFast:
      return dis(from, to, cv::DISOpticalFlow::PRESET_FAST);
    case FlowMethod::kFarneback:
      return farneback(from, to);
    case FlowMethod::kDisFine:
      return dis_fine(from, to);
    case FlowMethod::kDeepFlow:
      return coarse_to_fine(from, to, {});  // the contrib modules, which have it too, are 360 MB
    case FlowMethod::kLdof:
      return large_displacement_flow(from, to);
    case FlowMethod::kDisMedium:
      break;
  }
  return dis(from, to, cv::DISOpticalFlow::PRESET_MEDIUM);
}

Flow planes(const cv::Mat& flow, int height, int width) {
  Flow out(2, height, width);
  for (int y = 0; y < height; ++y) {
    const auto* from = flow.ptr<cv::Vec2f>(y);
    for (int x = 0; x < width; ++x) {
      out.at(0, y, x) = from[x][0];
      out.at(1, y, x) = from[x][1];
    }
  }
  return out;
}

void check_sizes(const Planes& from, const Planes& to) {
  if (from.empty()) throw Error("find", "the motion between two pictures", "there is no picture");
  if (from.height() != to.height() || from.width() != to.width()) {
    throw Error(
        "find", "the motion between two pictures",
        fmt::format("one is {}x{}, the other {}x{}", from.width(), from.height(), to.width(), to.height()));
  }
}

// OpenCV's exceptions are kept in this file.
Flow find_flow_of(const cv::Mat& from, const cv::Mat& to, int height, int width, FlowMethod method) {
  try {
    return planes(find(from, to, method), height, width);
  } catch (const cv::Exception& e) {
    throw Error("find", fmt::format("the motion between pictures of {}x{}", width, height),
                "OpenCV: " + printable(e.err), "use another method");
  }
}

}  // namespace

const std::vector<std::string>& flow_methods() {
  static const std::vector<std::string> names = {"dis-ultrafast", "dis-fast", "dis", "dis-fine",
                                                 "farneback",     "deepflow", "ldof"};
  return names;
}

FlowMethod flow_method(std::string_view name) {
  const std::vector<std::string>& names = flow_methods();
  const auto at = std::find(names.begin(), names.end(), name);
  if (at == names.end()) {
    throw Error(fmt::format("there is no method of optical flow '{}'{} (available: {})", name,
                            did_you_mean(name, names), join(names, ", ")));
  }
  return static_cast<FlowMethod>(at - names.begin());
}

Flow find_flow(const Planes& from, const Planes& to, FlowMethod method) {
  check_sizes(from, to);
  use_one_thread();
  return find_flow_of(grey(from), grey(to), from.height(), from.width(), method);
}

FlowPair find_flows(const Planes& from, const Planes& to, FlowMethod method, Threads& threads) {
  check_sizes(from, to);
  use_one_thread();
  cv::Mat a;
  cv::Mat b;
  threads.each(2, [&](int i) { (i == 0 ? a : b) = grey(i == 0 ? from : to); });
  FlowPair out;
  threads.each(2, [&](int i) {
    (i == 0 ? out.forward : out.backward) =
        find_flow_of(i == 0 ? a : b, i == 0 ? b : a, from.height(), from.width(), method);
  });
  return out;
}

Flow resize_flow(const Flow& flow, int height, int width) {
  Flow out = resize(flow, height, width);
  const float across = static_cast<float>(width) / static_cast<float>(flow.width());
  const float down = static_cast<float>(height) / static_cast<float>(flow.height());
  for (size_t i = 0; i < out.plane_size(); ++i) {
    out.plane(0)[i] *= across;
    out.plane(1)[i] *= down;
  }
  return out;
}

double end_point_error(const Flow& found, const Flow& truth) {
  check_sizes(found, truth);
  double sum = 0;
  int64_t known = 0;
  for (size_t i = 0; i < truth.plane_size(); ++i) {
    const float dx = truth.plane(0)[i];
    const float dy = truth.plane(1)[i];
    if (!is_known(dx, dy)) continue;
    sum +=
        std::hypot(static_cast<double>(found.plane(0)[i]) - dx, static_cast<double>(found.plane(1)[i]) - dy);
    ++known;
  }
  if (known == 0) throw Error("compare", "two flows", "nothing is known of the true one");
  return sum / static_cast<double>(known);
}

}  // namespace reverie
