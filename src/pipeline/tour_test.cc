#include "pipeline/tour.h"

#include <gtest/gtest.h>

#include <filesystem>

#include "media/source.h"

namespace reverie {
namespace {

TEST(Tour, EveryStopCanBeShown) {
  EXPECT_GE(tour().size(), 8U);
  for (const TourStop& stop : tour()) {
    const Caption caption = caption_of(stop);
    EXPECT_FALSE(caption.about.empty()) << stop.preset;
    EXPECT_FALSE(caption.keys.empty()) << stop.preset;
    EXPECT_NE(load_chain(stop.preset).input(), InputNeed::kRequired) << stop.preset;
    for (const double aspect : {16.0 / 9, 4.0 / 3, 1.0, 0.5}) {
      for (const CaptionLine& l : caption_lines(caption, aspect)) {
        EXPECT_GT(std::min(l.x1, l.x2), 0);
        EXPECT_LT(std::max(l.x1, l.x2), aspect) << stop.preset;
        EXPECT_GT(std::min(l.y1, l.y2), 0.3);
        EXPECT_LT(std::max(l.y1, l.y2), 1);
      }
    }
  }
}

TEST(Tour, ACaptionComesAndGoes) {
  EXPECT_EQ(caption_light(0, 6), 0);
  EXPECT_EQ(caption_light(3, 6), 1);
  EXPECT_EQ(caption_light(6, 6), 0);
  Planes picture(3, 90, 160, 0.5F);
  const Planes before = picture;
  draw_caption(picture, caption_of(tour().front()), 0);
  EXPECT_EQ(picture.data(), before.data());
  draw_caption(picture, caption_of(tour().front()), 1);
  EXPECT_EQ(picture.at(0, 10, 80), 0.5F) << "above it nothing changes";
  EXPECT_GT(*std::max_element(picture.data().begin(), picture.data().end()), 0.8F);
}

TEST(Tour, IsTheSameTwice) {
  const auto folder = std::filesystem::temp_directory_path();
  const auto make = [&](const std::string& name) {
    TourRequest request;
    request.output = (folder / name).string();
    request.width = 64;
    request.height = 36;
    request.stop_seconds = 0.2;
    request.quiet = true;
    EXPECT_EQ(render_tour(request).frames, static_cast<int64_t>(6 * tour().size()));
    const auto source = open_source(request.output);
    std::vector<float> all;
    Planes frame;
    while (source->read(frame)) all.insert(all.end(), frame.data().begin(), frame.data().end());
    source.get();
    std::filesystem::remove(request.output);
    return all;
  };
  const std::vector<float> once = make("reverie-tour-1.mkv");
  EXPECT_EQ(make("reverie-tour-2.mkv"), once);
}

}  // namespace
}  // namespace reverie
