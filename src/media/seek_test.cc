// Seeking shows exactly what reading everything before would have.
#include <gtest/gtest.h>

#include <array>
#include <cstdlib>
#include <filesystem>
#include <random>

#include "core/error.h"
#include "media/media_testing.h"
#include "media/picture.h"

namespace reverie {
namespace {

using testing_media::TempFolder;

SourceOptions looped(double fps) {
  SourceOptions o;
  o.loop = true;
  o.fps = fps;
  o.width = o.height = 32;
  return o;
}

// Seeks to many places in no order, and reads a few frames from each.
void expect_exact(const std::string& spec, SourceOptions options) {
  SCOPED_TRACE(spec);
  const std::unique_ptr<Source> source = open_source(spec, options);
  ASSERT_TRUE(source->can_seek());
  options.loop = false;
  const std::vector<Planes> all = testing_media::read_all(spec, options);
  const auto count = static_cast<int64_t>(all.size());
  ASSERT_GT(count, 1);
  ASSERT_TRUE(source->info().pass.has_value());
  EXPECT_NEAR(static_cast<double>(*source->info().pass), static_cast<double>(count), 2);
  std::mt19937 draws(3);
  Planes p;
  for (int n = 0; n < 25; ++n) {
    const int64_t to = n == 0 ? count - 1 : n == 1 ? 0 : static_cast<int64_t>(draws() % all.size());
    ASSERT_TRUE(source->seek(to));
    for (int64_t at = to; at < to + 3; ++at) {
      ASSERT_TRUE(source->read(p));
      ASSERT_EQ(source->place(), at % count) << "after a seek to " << to;
      ASSERT_TRUE(p.data() == all[static_cast<size_t>(at % count)].data())
          << "frame " << at << " after a seek to " << to;
    }
  }
  ASSERT_TRUE(source->seek(count + 5));  // a loop starts over
  ASSERT_TRUE(source->read(p));
  EXPECT_EQ(source->place(), 0);
  EXPECT_TRUE(p.data() == all[0].data());
}

TEST(Seek, IsExactInFoldersOfPictures) {
  const TempFolder folder;
  testing_media::write_greys(folder / "a%02d.png", 12, sink_options(32, 32, 10));
  expect_exact(folder / "a*.png", looped(25));
}

TEST(Seek, IsExactInWhatIsWritten) {
  const TempFolder folder;
  for (const char* name : {"a.mkv", "a.mp4", "a.gif"}) {
    testing_media::write_greys(folder / name, 40, sink_options(32, 32, 10));
    for (const double fps : {4.0, 10.0, 24.0}) expect_exact(folder / name, looped(fps));
  }
}

struct Codec {
  std::string name, words;
};

// Long and open groups of pictures, pictures out of order, fields, clocks with gaps, containers without an
// index.
TEST(Seek, IsExactWhateverTheCodec) {
  const TempFolder folder;
  int made = 0;
  for (const Codec& c : std::initializer_list<Codec>{
           {"long.mp4", "-c:v libx264 -g 250 -bf 3"},
           {"open.mkv", "-c:v libx264 -g 24 -bf 3 -x264-params open-gop=1:scenecut=0"},
           {"open.ts", "-c:v libx264 -g 24 -bf 3 -x264-params open-gop=1"},
           {"h265.mp4", "-c:v libx265 -x265-params log-level=none:keyint=24 -tag:v hvc1"},
           {"mpeg2.ts", "-c:v mpeg2video -g 15 -bf 2"},
           {"mpeg2.mpg", "-c:v mpeg2video -g 15 -bf 2 -f vob"},
           {"mpeg4.avi", "-c:v mpeg4 -g 30 -bf 2"},
           {"fields.mp4",
            "-vf tinterlace=interleave_top,fieldorder=tff -c:v libx264 -g 20 -flags +ildct+ilme"},
           {"uneven.mkv", "-vf select='not(eq(mod(n\\,7)\\,3))' -fps_mode vfr -c:v libx264 -g 30"},
           {"a.webm", "-c:v libvpx-vp9 -g 30 -deadline realtime -cpu-used 8"},
           {"prores.mov", "-c:v prores_ks"},
           {"motion.avi", "-c:v mjpeg"}}) {
    const std::string file = folder / c.name;
    const std::string line = "ffmpeg -v error -y -f lavfi -i testsrc2=s=64x48:d=6:r=25 -pix_fmt yuv420p " +
                             c.words + " '" + file + "' 2> /dev/null";
    if (std::system(line.c_str()) != 0) continue;  // NOLINT(concurrency-mt-unsafe)
    ++made;
    for (const double fps : {25.0, 30.0}) expect_exact(file, looped(fps));
  }
  if (made == 0) GTEST_SKIP() << "no ffmpeg";
}

TEST(Seek, IsExactInRealVideos) {
  const auto data = testing_media::data_folder();
  if (!data) GTEST_SKIP() << "no folder of data";
  for (const char* name : {"video/carphone_pristine.mp4", "video/chaplin.mp4", "video/newtonscradle.gif",
                           "video/nasa_13013.mp4", "video_edge/vfr.mp4", "video_edge/rotated90_meta.mp4"})
    expect_exact((*data / name).string(), looped(30));
}

TEST(Seek, StartsWhereTheSourceDoes) {
  const TempFolder folder;
  testing_media::write_greys(folder / "a.mp4", 40, sink_options(32, 32, 10));
  SourceOptions options = looped(10);
  options.start = 1.5;
  expect_exact(folder / "a.mp4", options);
}

TEST(Seek, IsRefusedWhereThereIsNoPlaceToGoTo) {
  const TempFolder folder;
  write_picture(folder / "a.png", Planes(3, 8, 8));
  for (const std::string& spec : {folder / "a.png", std::string("test:testsrc2")}) {
    const std::unique_ptr<Source> source = open_source(spec, looped(10));
    EXPECT_FALSE(source->can_seek()) << spec;
    EXPECT_FALSE(source->seek(1)) << spec;
    EXPECT_FALSE(source->info().pass.has_value()) << spec;
  }
}

}  // namespace
}  // namespace reverie
