#include "pipeline/thumbnail.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <chrono>
#include <cstdlib>
#include <fstream>
#include <thread>

#include "core/test_help.h"
#include "media/sink.h"
#include "pipeline/thumbnails.h"

namespace reverie {
namespace {

class ThumbnailTest : public testing::Test {
 protected:
  ThumbnailTest() { setenv("XDG_CACHE_HOME", folder_.path().c_str(), 1); }
  ~ThumbnailTest() override { unsetenv("XDG_CACHE_HOME"); }

  TemporaryFolder folder_;
};

double contrast(const Planes& p) {
  double sum = 0, squares = 0;
  for (const float v : p.data()) sum += v, squares += v * v;
  const auto n = static_cast<double>(p.data().size());
  return squares / n - sum / n * sum / n;
}

TEST_F(ThumbnailTest, IsMadeOnceAndAgainWhereThePresetChanged) {
  Chain chain = load_chain("smoke");
  const Planes made = thumbnail(chain, InputNeed::kNone);
  EXPECT_EQ(made.width(), kThumbnailWidth);
  EXPECT_GT(contrast(made), 1e-3);
  const auto never = [] { return false; };
  EXPECT_LT(mean_absolute_difference(thumbnail(chain, InputNeed::kNone, never), made), 0.003)
      << "from the cache";
  chain.parts[0].preset.values.set("hue", 40);
  EXPECT_TRUE(thumbnail(chain, InputNeed::kNone, never).empty()) << "it is another, and was not let finish";
  EXPECT_GT(mean_absolute_difference(thumbnail(chain, InputNeed::kNone), made), 0.003);
}

TEST_F(ThumbnailTest, OfAPresetMoves) {
  const Chain chain = load_chain("smoke");
  const Planes film = thumbnail_film(chain, InputNeed::kNone);
  ASSERT_EQ(film.height(), kThumbnailFrames * kThumbnailHeight);
  EXPECT_LT(mean_absolute_difference(first_picture(film), thumbnail(chain, InputNeed::kNone)), 0.003);
  const size_t samples = static_cast<size_t>(kThumbnailWidth) * kThumbnailHeight;
  for (int n = 1; n < kThumbnailFrames; ++n) {
    double change = 0;
    for (size_t i = 0; i < samples; ++i)
      change += std::abs(film.row(1, n * kThumbnailHeight)[i] - film.row(1, (n - 1) * kThumbnailHeight)[i]);
    EXPECT_GT(change / static_cast<double>(samples), 1e-3) << n;
  }
}

TEST_F(ThumbnailTest, WhatNeedsAnInputIsShownOneAndADamagedFileIsMadeAgain) {
  const Chain chain = load_chain("veil");
  const Planes made = thumbnail(chain, InputNeed::kRequired);
  EXPECT_GT(contrast(made), 1e-3);
  std::ofstream(thumbnail_file(chain, InputNeed::kRequired)) << "no picture";
  EXPECT_LT(mean_absolute_difference(thumbnail(chain, InputNeed::kRequired), made), 0.003);
}

// Black for a second, then stripes.
void write_clip(const std::string& file, float level) {
  const std::unique_ptr<Sink> sink = open_sink(file, sink_options(64, 36, 25, "a clip"));
  Planes stripes(3, 36, 64, 0.0F);
  for (int n = 0; n < 25; ++n) sink->write(stripes);
  for (int y = 0; y < 36; y += 2) std::fill_n(stripes.row(0, y), 64, level);
  for (int n = 0; n < 25; ++n) sink->write(stripes);
  sink->finish();
}

TEST_F(ThumbnailTest, OfAClipIsItsFirstFrameThatShowsSomething) {
  const std::filesystem::path clip = folder_.path() / "clip.mkv";
  write_clip(clip.string(), 0.5F);
  const Planes made = clip_thumbnail(clip);
  EXPECT_EQ(made.width(), kThumbnailWidth);
  EXPECT_GT(contrast(made), 1e-3);
  const auto never = [] { return false; };
  EXPECT_LT(mean_absolute_difference(clip_thumbnail(clip, never), made), 0.003) << "from the cache";
  std::filesystem::remove(clip);
  write_clip(clip.string(), 1);
  std::filesystem::last_write_time(clip,
                                   std::filesystem::file_time_type::clock::now() + std::chrono::hours(1));
  EXPECT_TRUE(clip_thumbnail(clip, never).empty()) << "the file was written again";
  EXPECT_GT(contrast(clip_thumbnail(clip)), 1.5 * contrast(made));
}

TEST_F(ThumbnailTest, ThoseOfAFolderAreMadeInTheBackgroundAndForgotten) {
  const std::filesystem::path clip = folder_.path() / "clip.mkv", text = folder_.write("text.mp4", "no clip");
  write_clip(clip.string(), 0.5F);
  Thumbnails all;
  all.of_clip(text);  // nothing to show, and nothing that ends the thread
  for (int n = 0; n < 1000 && !all.of_clip(clip); ++n)
    std::this_thread::sleep_for(std::chrono::milliseconds(5));
  ASSERT_TRUE(all.of_clip(clip));
  EXPECT_FALSE(all.of_clip(text));
  EXPECT_EQ(all.size(), 2U);
  all.forget();
  EXPECT_EQ(all.size(), 0U);
}

TEST_F(ThumbnailTest, WhatCannotBePlayedHasNoneAndSaysSo) {
  PresetEntry none;
  none.path = folder_.write("none.toml", "effect = \"nosuch\"\n");
  Thumbnails made;
  EXPECT_FALSE(made.comes(none.path)) << "nobody asked";
  EXPECT_EQ(made.get(none), nullptr);
  for (int n = 0; n < 1000 && made.comes(none.path); ++n)
    std::this_thread::sleep_for(std::chrono::milliseconds(5));
  EXPECT_FALSE(made.comes(none.path));
  EXPECT_EQ(made.get(none), nullptr);
}

}  // namespace
}  // namespace reverie
