// The flow of real pictures and videos.
#include <gtest/gtest.h>

#include <cmath>
#include <cstdlib>
#include <filesystem>
#include <map>
#include <optional>

#include "media/picture.h"
#include "media/source.h"
#include "motion/cut.h"
#include "motion/flo.h"
#include "motion/flow.h"
#include "motion/warp.h"

namespace reverie {
namespace {

namespace fs = std::filesystem;

std::optional<fs::path> data(const std::string& folder) {
  const char* given = std::getenv("REVERIE_DATA");
  const fs::path path = (given != nullptr ? fs::path(given) : fs::path("../shared/data")) / folder;
  if (!fs::exists(path)) return std::nullopt;
  return path;
}

TEST(RealFlow, EndPointErrorsAreThoseOfTheMethods) {
  const auto folder = data("flow");
  if (!folder) GTEST_SKIP() << "no shared data: flow";
  const std::map<std::string, double> most = {{"dis-ultrafast", 0.8}, {"dis-fast", 0.66}, {"dis", 0.43},
                                              {"dis-fine", 0.27},     {"farneback", 0.9}, {"deepflow", 0.22},
                                              {"ldof", 0.21}};
  for (const std::string& name : flow_methods()) {
    double sum = 0;
    std::string line = name + ":";
    // the slow ones on the smaller pictures
    const std::vector<std::string> scenes =
        name == "deepflow" || name == "ldof"
            ? std::vector<std::string>{"RubberWhale", "Venus"}
            : std::vector<std::string>{"Grove2", "RubberWhale", "Urban2", "Venus"};
    for (const std::string& scene : scenes) {
      const fs::path at = *folder / scene;
      const Flow found =
          find_flow(read_picture(at / "frame10.png"), read_picture(at / "frame11.png"), flow_method(name));
      const double error = end_point_error(found, read_flo(at / "flow10.flo"));
      line += fmt::format(" {} {:.3f}", scene, error);
      sum += error / static_cast<double>(scenes.size());
    }
    fmt::print("{}, mean {:.3f} pixels\n", line, sum);
    EXPECT_LT(sum, most.at(name)) << name;
  }
}

TEST(RealFlow, CarryingTheLastFrameAlongComesNearerToThisOne) {
  const auto folder = data("video");
  if (!folder) GTEST_SKIP() << "no shared data: video";
  Threads threads(2);
  for (const char* clip : {"chaplin.mp4", "cockatoo.mp4", "big_buck_bunny_0_30.webm"}) {
    SourceOptions options;
    options.start = 2;
    options.width = 320;
    options.height = 180;
    const auto source = open_source((*folder / clip).string(), options);
    Planes last;
    Planes now;
    double still = 0;
    double carried = 0;
    for (int frame = 0; frame < 12 && source->read(now); ++frame) {
      if (!last.empty()) {
        const FlowPair flows = find_flows(last, now, kLiveFlow, threads);
        Planes moved;
        warp(last, flows.backward, moved, threads);
        still += mean_absolute_difference(last, now);
        carried += mean_absolute_difference(moved, now);
      }
      last = now;
    }
    EXPECT_LT(carried, 0.8 * still) << clip;
  }
}

// The cuts were found by eye.
TEST(RealCuts, AreFoundAndNothingElse) {
  const auto folder = data("video");
  if (!folder) GTEST_SKIP() << "no shared data: video";
  struct Clip {
    const char* name;
    double start, seconds;
    std::vector<int> cuts;  // frames after the start
  };
  const std::vector<Clip> clips = {{"big_buck_bunny_0_30.webm", 0, 1, {}},  // a fade from black
                                   {"big_buck_bunny_0_30.webm", 11.5, 0.5, {283 - 276}},
                                   {"big_buck_bunny_0_30.webm", 15.5, 0.5, {376 - 372}},
                                   {"big_buck_bunny_0_30.webm", 22.5, 1, {551 - 540}},
                                   {"nasa_13013.mp4", 7.007, 1.5, {240 - 210}},
                                   {"cockatoo.mp4", 0, 8.5, {}},  // a camera that swings
                                   {"cars_with_audio.mp4", 26, 2, {}},
                                   {"chaplin.mp4", 0, 1, {}}};
  Threads threads(2);
  for (const Clip& clip : clips) {
    SourceOptions options;
    options.start = clip.start;
    options.seconds = clip.seconds;
    options.width = 160;
    options.height = 90;
    const auto source = open_source((*folder / clip.name).string(), options);
    CutFinder finder;
    std::vector<int> found;
    Planes picture;
    for (int frame = 0; source->read(picture); ++frame) {
      if (finder.next(picture, threads)) found.push_back(frame);
    }
    EXPECT_EQ(found, clip.cuts) << clip.name << " from " << clip.start;
  }
}

TEST(RealCuts, FastPansDissolvesAndFlashesAreNone) {
  const auto folder = data("photos");
  if (!folder) GTEST_SKIP() << "no shared data: photos";
  std::vector<Planes> photos;
  for (const auto& entry : fs::recursive_directory_iterator(*folder)) {
    if (photos.size() < 8 && is_picture_name(entry.path()))
      photos.push_back(resize(read_picture(entry.path()), 240, 360));
  }
  ASSERT_GE(photos.size(), 2U);
  const auto window = [](const Planes& p, int left) {
    Planes out(3, 240, 240);
    for (int c = 0; c < 3; ++c) {
      for (int y = 0; y < 240; ++y) std::copy_n(p.row(c, y) + left, 240, out.row(c, y));
    }
    return out;
  };
  Threads threads(2);
  for (size_t i = 0; i < photos.size(); ++i) {
    const Planes& photo = photos[i];
    const Planes& other = photos[(i + 1) % photos.size()];
    EXPECT_TRUE(is_cut(photo, other)) << i;
    for (const int step : {24, 60, 96})
      EXPECT_FALSE(is_cut(window(photo, 10), window(photo, 10 + step))) << i;
    Planes bright = photo;
    for (float& v : bright.data()) v = std::min(1.0F, 2 * v + 0.1F);
    EXPECT_FALSE(is_cut(photo, bright)) << i;
    CutFinder finder;
    for (int frame = 0; frame <= 12; ++frame) {
      Planes mixed = photo;
      for (size_t k = 0; k < mixed.data().size(); ++k)
        mixed.data()[k] += static_cast<float>(frame) / 12 * (other.data()[k] - mixed.data()[k]);
      EXPECT_FALSE(finder.next(mixed, threads)) << i << ", frame " << frame;
    }
  }
}

}  // namespace
}  // namespace reverie
