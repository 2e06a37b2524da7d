#include "trajectories/tracker.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <numbers>

#include "core/random.h"
#include "core/test_help.h"
#include "trajectories/camera.h"

namespace reverie {
namespace {

// Waves that move by (right, down), with a square of other waves that moves on its own.
Planes scene(int height, int width, double right, double down, double square_x, double square_y) {
  Planes p(3, height, width);
  for (int y = 0; y < height; ++y) {
    for (int x = 0; x < width; ++x) {
      const bool inside = std::abs(x - square_x) < 20 && std::abs(y - square_y) < 20;
      const double u = inside ? x - square_x : x - right;
      const double v = inside ? y - square_y : y - down;
      const double f = inside ? 1.7 : 1;
      const double wave = std::sin(0.31 * f * u + 0.12 * v) + std::sin(0.17 * v - 0.23 * f * u + 1) +
                          std::sin(0.41 * f * v + 0.09 * u + 2);
      for (int c = 0; c < 3; ++c) p.at(c, y, x) = static_cast<float>(0.5 + 0.13 * wave);
    }
  }
  return p;
}

std::vector<Track> tracks_of(const TrackerSettings& settings, int frames, double camera, double own,
                             int threads_count = 2) {
  Threads threads(threads_count);
  Tracker tracker(settings, threads);
  std::vector<Track> all;
  for (int t = 0; t < frames; ++t) {
    for (const Track& track : tracker.next(scene(120, 160, camera * t, 0, 50 + own * t, 60)))
      all.push_back(track);
  }
  return all;
}

TEST(Tracker, FollowsWhatMovesAndLeavesOutWhatStandsStill) {
  TrackerSettings settings;
  settings.scales = 1;
  const std::vector<Track> tracks = tracks_of(settings, 20, 0, 2);
  ASSERT_GT(tracks.size(), 20U);
  std::vector<double> ways;
  for (const Track& t : tracks) {
    // well inside the square, not in the ground that it sweeps over
    const double square = 50 + 2 * static_cast<double>(t.first);
    if (std::abs(t.points[0][0] - square) < 13 && std::abs(t.points[0][1] - 60) < 13)
      ways.push_back(t.points.back()[0] - t.points.front()[0]);
    float length = 0;
    for (int i = 0; i < kTrackLength; ++i)
      length += std::hypot(t.values[2 * static_cast<size_t>(i)], t.values[2 * static_cast<size_t>(i) + 1]);
    EXPECT_NEAR(length, 1, 1e-4);
    for (const float v : t.values) ASSERT_TRUE(std::isfinite(v));
  }
  EXPECT_GE(ways.size(), 20U);
  for (const double way : ways) EXPECT_NEAR(way, 30, 2.5);
  EXPECT_TRUE(tracks_of(settings, 20, 0, 0).empty());
  EXPECT_TRUE(tracks_of(settings, 15, 0, 2).empty());  // one frame short
  EXPECT_FALSE(tracks_of(settings, 16, 0, 2).empty());
}

TEST(Tracker, EightScalesWhereTheyFit) {
  TrackerSettings settings;
  const std::vector<Track> tracks = tracks_of(settings, 17, 1.5, 3);
  int most = 0;
  for (const Track& t : tracks) most = std::max(most, t.scale);
  EXPECT_EQ(most, 3);  // 120 pixels are 42 at scale 3, and 30 at scale 4: less than a patch
}

TEST(Tracker, TheSameForAnyNumberOfThreads) {
  const std::vector<Track> one = tracks_of({}, 18, 1, 3, 1);
  const std::vector<Track> three = tracks_of({}, 18, 1, 3, 3);
  ASSERT_EQ(one.size(), three.size());
  ASSERT_FALSE(one.empty());
  for (size_t i = 0; i < one.size(); ++i) {
    EXPECT_EQ(one[i].points, three[i].points);
    EXPECT_EQ(one[i].values, three[i].values);
  }
}

TEST(Tracker, ACameraThatMovesIsTakenAway) {
  TrackerSettings settings;
  settings.scales = 1;
  const auto on_ground = [](const std::vector<Track>& tracks) {
    return std::count_if(tracks.begin(), tracks.end(), [](const Track& t) {
      return std::abs(t.points.back()[0] - t.points.front()[0] - 30) < 4;
    });
  };
  const std::vector<Track> with = tracks_of(settings, 18, 2, -1.5);
  settings.without_camera = true;
  const std::vector<Track> without = tracks_of(settings, 18, 2, -1.5);
  EXPECT_GT(on_ground(with), 100);
  EXPECT_LT(on_ground(without), on_ground(with) / 10);
  EXPECT_GT(without.size(), 20U);  // the square
}

TEST(Tracker, NothingIsFollowedAcrossACut) {
  TrackerSettings settings;
  settings.scales = 1;
  Threads threads(1);
  Tracker tracker(settings, threads);
  // blocks of noise that move to the right
  const auto noise = [](uint64_t seed, int right) {
    const Random draws(seed);
    Planes p(3, 120, 160);
    for (int y = 0; y < 120; ++y) {
      for (int x = 0; x < 160; ++x) {
        const Random row = draws.split(static_cast<uint64_t>(y / 12));
        const float v = 0.5F + 0.4F * row.signed_at(static_cast<uint64_t>((x - right + 600) / 12));
        for (int c = 0; c < 3; ++c) p.at(c, y, x) = v;
      }
    }
    return p;
  };
  size_t found = 0;
  for (int t = 0; t < 10; ++t) found += tracker.next(noise(1, 2 * t)).size();
  for (int t = 0; t < 15; ++t) found += tracker.next(noise(2, 2 * t)).size();
  EXPECT_EQ(found, 0U);
  EXPECT_FALSE(tracker.next(noise(2, 30)).empty());
}

TEST(Tracker, AFlatClipASmallOneAndAnotherSize) {
  Threads threads(1);
  Tracker flat({}, threads);
  for (int t = 0; t < 20; ++t) EXPECT_TRUE(flat.next(Planes(3, 64, 64, 0.5F)).empty());
  EXPECT_NE(message_of([&] { flat.next(Planes(3, 64, 65)); }).find("a frame is 65x64, the ones before 64x64"),
            std::string::npos);
  Tracker small({}, threads);
  for (int t = 0; t < 18; ++t) small.next(scene(9, 7, 0.5 * t, 0, -100, 0));
}

TEST(Camera, FindsAZoomWithAThirdOfThePointsElsewhere) {
  Flow flow(2, 120, 160);
  for (int y = 0; y < 120; ++y) {
    for (int x = 0; x < 160; ++x) {
      flow.at(0, y, x) = 0.05F * static_cast<float>(x - 80) + 1;
      flow.at(1, y, x) = 0.05F * static_cast<float>(y - 60);
    }
  }
  const Flow truth = flow;
  for (int y = 0; y < 120; ++y) {
    for (int x = 0; x < 50; ++x) flow.at(0, y, x) += 7, flow.at(1, y, x) -= 3;
  }
  EXPECT_LT(end_point_error(camera_flow(flow, Planes(1, 120, 160, 1)), truth), 0.02);
  EXPECT_EQ(camera_flow(flow, Planes(1, 120, 160)).data(), Flow(2, 120, 160).data());  // nothing to go by
}

// The plain way, in 64-bit floats: every pixel of a cell, for each cell on its own.
struct Reference {
  const Planes& grey;
  const Flow& flow;

  static double at(const Planes& p, int c, int y, int x) {
    return p.at(c, std::clamp(y, 0, p.height() - 1), std::clamp(x, 0, p.width() - 1));
  }
  static void vote(std::vector<double>& bins, double x, double y) {
    const double size = std::sqrt(x * x + y * y);
    double angle = std::atan2(y, x);
    if (angle < 0) angle += 2 * std::numbers::pi;
    for (int b = 0; b < 8; ++b) {  // a triangle around each direction
      double away = std::abs(angle - b * std::numbers::pi / 4);
      away = std::min(away, 2 * std::numbers::pi - away) / (std::numbers::pi / 4);
      if (away < 1) bins[static_cast<size_t>(b)] += size * (1 - away);
    }
  }
  std::vector<double> cell(CellChannel channel, int top, int left) const {
    std::vector<double> bins(channel == CellChannel::kHof ? 9 : 8);
    for (int y = top; y < top + 16; ++y) {
      for (int x = left; x < left + 16; ++x) {
        const Planes& p = channel == CellChannel::kHog ? grey : flow;
        const int c = channel == CellChannel::kMbhY ? 1 : 0;
        if (channel == CellChannel::kHof) {
          const double dx = at(flow, 0, y, x);
          const double dy = at(flow, 1, y, x);
          if (std::hypot(dx, dy) <= kLeastFlow)
            bins[8] += 1;
          else
            vote(bins, dx, dy);
        } else {
          vote(bins, (at(p, c, y, x + 1) - at(p, c, y, x - 1)) / 2,
               (at(p, c, y + 1, x) - at(p, c, y - 1, x)) / 2);
        }
      }
    }
    return bins;
  }
};

TEST(CellHistograms, AreThoseOfAPlainReference) {
  Planes grey(1, 70, 90);
  Flow flow(2, 70, 90);
  const Random draws(11);
  for (int y = 0; y < 70; ++y) {
    for (int x = 0; x < 90; ++x) {
      const auto i = static_cast<uint64_t>(y * 90 + x);
      grey.at(0, y, x) = static_cast<float>(127 + 60 * std::sin(0.3 * x + 0.1 * y) + 40 * draws.signed_at(i));
      flow.at(0, y, x) = static_cast<float>(2 * std::sin(0.1 * x) + 0.3 * draws.split(1).signed_at(i));
      flow.at(1, y, x) = static_cast<float>(1.5 * std::cos(0.2 * y) + 0.3 * draws.split(2).signed_at(i));
    }
  }
  const CellHistograms histograms(grey, flow);
  const Reference reference = {grey, flow};
  for (const auto& [x, y] :
       {std::pair(45.0F, 35.0F), {16.4F, 16.2F}, {0.0F, 69.0F}, {89.0F, 3.0F}, {60.6F, 40.5F}}) {
    const CellSums sums = histograms.around(x, y);
    const int left = std::clamp(static_cast<int>(std::lround(x)) - 16, 0, 90 - 32);
    const int top = std::clamp(static_cast<int>(std::lround(y)) - 16, 0, 70 - 32);
    size_t at = 0;
    for (const CellChannel channel :
         {CellChannel::kHog, CellChannel::kHof, CellChannel::kMbhX, CellChannel::kMbhY}) {
      for (int j = 0; j < 2; ++j) {
        for (int i = 0; i < 2; ++i) {
          for (const double v : reference.cell(channel, top + 16 * j, left + 16 * i)) {
            EXPECT_NEAR(sums[at], v, 1e-5 * std::max(1.0, std::abs(v))) << "value " << at << " at " << x;
            ++at;
          }
        }
      }
    }
    EXPECT_EQ(at, sums.size());
  }
}

}  // namespace
}  // namespace reverie
