#include "motion/matches.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdint>
#include <numbers>
#include <opencv2/imgproc.hpp>

#include "core/stop.h"

namespace reverie {
namespace {

constexpr int kBins = 8, kCells = 4, kLength = kBins * kCells * kCells;
constexpr int kCell = 4;                     // pixels
constexpr int kMargin = kCell * kCells / 2;  // from a point to the edge of its cells
constexpr float kUnit = 4096;                // of whole numbers that stand for 1
constexpr float kLeastStructure = 12;        // norm of a descriptor, in grey levels a pixel
constexpr int kAgree = 2,
              kSupport = 16;  // pixels between neighbours that agree; points of a group that counts
constexpr int kPlaced = 3;    // how far a match may be moved when it is placed, pixels

using Descriptor = std::array<int16_t, kLength>;

// At every pixel: the mean gradient in each of eight directions over a cell around it.
class Cells {
 public:
  explicit Cells(const cv::Mat& picture) {
    cv::Mat grey;
    picture.convertTo(grey, CV_32F);
    cv::GaussianBlur(grey, grey, {5, 5}, 0.8);
    cv::Mat gx;
    cv::Mat gy;
    cv::Sobel(grey, gx, CV_32F, 1, 0, 1, 0.5);
    cv::Sobel(grey, gy, CV_32F, 0, 1, 1, 0.5);
    cells_.create(picture.size(), CV_32FC(kBins));
    for (int y = 0; y < picture.rows; ++y) {
      auto* row = cells_.ptr<float>(y);
      for (int x = 0; x < picture.cols; ++x, row += kBins) {
        std::fill(row, row + kBins, 0.0F);
        const float dx = gx.at<float>(y, x);
        const float dy = gy.at<float>(y, x);
        const float size = std::hypot(dx, dy);
        const float place = (std::atan2(dy, dx) / (2 * std::numbers::pi_v<float>)+1) * kBins;
        const int bin = static_cast<int>(place);
        const float share = place - static_cast<float>(bin);
        row[bin % kBins] = size * (1 - share);
        row[(bin + 1) % kBins] += size * share;
      }
    }
    cv::blur(cells_, cells_, {kCell + 1, kCell + 1});
  }

  int height() const { return cells_.rows; }
  int width() const { return cells_.cols; }

  // Of the point (x, y), kMargin inside the picture or continued by its edge; false without structure.
  bool describe(int x, int y, Descriptor& out) const {
    std::array<float, kLength> values;
    float* to = values.data();
    for (int j = 0; j < kCells; ++j) {
      const int cy = std::clamp(y - kMargin + kCell / 2 + j * kCell, 0, height() - 1);
      for (int i = 0; i < kCells; ++i, to += kBins) {
        const int cx = std::clamp(x - kMargin + kCell / 2 + i * kCell, 0, width() - 1);
        std::copy_n(cells_.ptr<float>(cy) + static_cast<ptrdiff_t>(cx) * kBins, kBins, to);
      }
    }
    float squares = 0;
    for (const float v : values) squares += v * v;
    const float norm = std::sqrt(squares);
    const float scale = norm < kLeastStructure ? 0 : kUnit / norm;
    for (size_t i = 0; i < kLength; ++i) out[i] = static_cast<int16_t>(values[i] * scale + 0.5F);
    return scale > 0;
  }

 private:
  cv::Mat cells_;
};

// kUnit^2 times the cosine between two descriptors.
int likeness(const Descriptor& a, const Descriptor& b) {
  int sum = 0;
  for (size_t i = 0; i < kLength; ++i) sum += static_cast<int>(a[i]) * static_cast<int>(b[i]);
  return sum;
}

// Descriptors of the lattice's points.
struct Lattice {
  explicit Lattice(const Cells& cells)
      : height((cells.height() + kMatchStep - 1) / kMatchStep),
        width((cells.width() + kMatchStep - 1) / kMatchStep),
        points(static_cast<size_t>(height) * static_cast<size_t>(width)),
        structured(points.size()) {
    for (int y = 0; y < height; ++y) {
      for (int x = 0; x < width; ++x)
        structured[index(x, y)] = cells.describe(x * kMatchStep, y * kMatchStep, points[index(x, y)]);
    }
  }
  size_t index(int x, int y) const {
    return static_cast<size_t>(y) * static_cast<size_t>(width) + static_cast<size_t>(x);
  }

  int height, width;
  std::vector<Descriptor> points;
  std::vector<uint8_t> structured;
};

// For each point of `a` the most alike of `b` within this many steps, as its index; -1: none.
std::vector<int> nearest_of(const Lattice& a, const Lattice& b, int steps) {
  std::vector<int> best(a.points.size(), -1);
  for (int y = 0; y < a.height; ++y) {
    if (stop_requested()) throw Stopped();
    for (int x = 0; x < a.width; ++x) {
      const size_t at = a.index(x, y);
      if (!a.structured[at]) continue;
      int most = 0;
      const auto compare = [&](size_t other) {
        const int alike = likeness(a.points[at], b.points[other]);
        if (alike > most) most = alike, best[at] = static_cast<int>(other);
      };
      compare(at);  // a tie is no motion
      for (int v = std::max(0, y - steps); v <= std::min(b.height - 1, y + steps); ++v) {
        const int last = std::min(b.width - 1, x + steps);
        for (int u = std::max(0, x - steps); u <= last; ++u) compare(b.index(u, v));
      }
    }
  }
  return best;
}

// The pixel around (x, y) of the second picture that is most like a descriptor of the first.
cv::Point placed(const Descriptor& wanted, const Cells& to, int x, int y) {
  cv::Point best(x, y);
  int most = -1;
  Descriptor here;
  for (int v = std::max(0, y - kPlaced); v <= std::min(to.height() - 1, y + kPlaced); ++v) {
    for (int u = std::max(0, x - kPlaced); u <= std::min(to.width() - 1, x + kPlaced); ++u) {
      to.describe(u, v, here);
      const int alike = likeness(wanted, here);
      if (alike > most) most = alike, best = {u, v};
    }
  }
  return best;
}

// Keeps the matches that belong to enough others: neighbours agree, and theirs, and so on.
std::vector<Match> supported(const std::vector<Match>& matches, const Lattice& lattice) {
  std::vector<int> at(lattice.points.size(), -1);
  for (size_t i = 0; i < matches.size(); ++i)
    at[lattice.index(matches[i].x / kMatchStep, matches[i].y / kMatchStep)] = static_cast<int>(i);
  std::vector<uint8_t> seen(matches.size());
  std::vector<Match> kept;
  for (size_t first = 0; first < matches.size(); ++first) {
    if (seen[first]) continue;
    std::vector<size_t> group = {first};
    seen[first] = 1;
    for (size_t next = 0; next < group.size(); ++next) {
      const Match& m = matches[group[next]];
      const int px = m.x / kMatchStep;
      const int py = m.y / kMatchStep;
      for (int y = std::max(0, py - 1); y <= std::min(lattice.height - 1, py + 1); ++y) {
        for (int x = std::max(0, px - 1); x <= std::min(lattice.width - 1, px + 1); ++x) {
          const int i = at[lattice.index(x, y)];
          if (i < 0 || seen[static_cast<size_t>(i)]) continue;
          const Match& other = matches[static_cast<size_t>(i)];
          if (std::max(std::abs(other.dx - m.dx), std::abs(other.dy - m.dy)) > kAgree) continue;
          seen[static_cast<size_t>(i)] = 1;
          group.push_back(static_cast<size_t>(i));
        }
      }
    }
    if (static_cast<int>(group.size()) < kSupport) continue;
    for (const size_t i : group) kept.push_back(matches[i]);
  }
  return kept;
}

}  // namespace

std::vector<Match> match_descriptors(const cv::Mat& from, const cv::Mat& to, int reach) {
  const Cells a(from);
  const Cells b(to);
  const Lattice here(a);
  const Lattice there(b);
  const int steps = reach / kMatchStep;
  const std::vector<int> forward = nearest_of(here, there, steps);
  const std::vector<int> back = nearest_of(there, here, steps);
  std::vector<Match> matches;
  for (int y = 0; y < here.height; ++y) {
    for (int x = 0; x < here.width; ++x) {
      const int other = forward[here.index(x, y)];
      if (other < 0) continue;
      const int home = back[static_cast<size_t>(other)];
      if (home < 0 || std::abs(home % here.width - x) > 1 || std::abs(home / here.width - y) > 1) continue;
      const cv::Point at = placed(here.points[here.index(x, y)], b, other % there.width * kMatchStep,
                                  other / there.width * kMatchStep);
      matches.push_back({x * kMatchStep, y * kMatchStep, at.x - x * kMatchStep, at.y - y * kMatchStep});
    }
  }
  return supported(matches, here);
}

}  // namespace reverie
