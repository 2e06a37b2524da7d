// Dense trajectories: points of a video followed for fifteen frames, and what is around them on their way.
//
// H. Wang, A. Klaeser, C. Schmid, C.-L. Liu, "Dense Trajectories and Motion Boundary Descriptors for Action
// Recognition", IJCV 2013; the camera's motion as in H. Wang, C. Schmid, "Action Recognition with Improved
// Trajectories", ICCV 2013.
#pragma once

#include <array>
#include <cstdint>
#include <vector>

#include "core/parallel.h"
#include "motion/cut.h"
#include "motion/flow.h"
#include "trajectories/cell_histograms.h"

namespace reverie {

inline constexpr int kTrackLength = 15;  // frames that a point is followed
inline constexpr int kTimeCells = 3;     // of the tube around its way
inline constexpr int kMostScales = 8;    // each the root of 2 smaller than the last

// The parts of a descriptor, in their order: the way itself, then the histograms.
struct TrackChannel {
  const char* name;
  int first, count;
};
inline constexpr int kShapeValues = 2 * kTrackLength;
inline constexpr std::array<TrackChannel, 5> kTrackChannels = {
    {{"shape", 0, kShapeValues}, {"hog", 30, 96}, {"hof", 126, 108}, {"mbhx", 234, 96}, {"mbhy", 330, 96}}};
inline constexpr int kTrackValues = 426;

struct Track {
  int64_t first = 0;                                            // the frame where it begins
  int scale = 0;                                                // pictures are 2^(scale / 2) times smaller
  std::array<std::array<float, 2>, kTrackLength + 1> points{};  // x, y in pixels of the video
  // The way of each frame over the length of the whole way; then the histograms, each channel of norm 1.
  std::array<float, kTrackValues> values{};
};

struct TrackerSettings {
  FlowMethod method = FlowMethod::kDisMedium;
  int scales = kMostScales;     // fewer where a patch would no longer fit
  int step = 5;                 // pixels between new points
  bool without_camera = false;  // take away the motion of a homography
};

class Tracker {
 public:
  Tracker(const TrackerSettings& settings, Threads& threads) : settings_(settings), threads_(threads) {}

  // The next frame, [3, H, W] in 0..1.  Returns the tracks that end with it.  Nothing is followed across a
  // cut.  Error for a frame of another size than the first.
  std::vector<Track> next(const Planes& picture);

 private:
  struct Point {
    int64_t first = 0;
    std::vector<std::array<float, 2>> way;    // in pixels of its scale
    std::vector<std::array<float, 2>> steps;  // of each frame, without the camera's where that is asked
    std::array<CellSums, kTimeCells> cells{};
  };
  struct Scale {
    Planes grey;  // of the last frame, 0..255
    std::vector<Point> points;
  };

  void make_scales(const Planes& grey);
  void follow(int index, const Flow& flow, const Flow& camera, std::vector<Track>& ended);
  void add_points(Scale& scale) const;
  bool finish(const Point& point, int index, Track& track) const;

  TrackerSettings settings_;
  Threads& threads_;
  CutFinder cuts_;
  Planes last_;  // grey, 0..1
  std::vector<Scale> scales_;
  int64_t frame_ = 0;
};

}  // namespace reverie
