// Real videos from end to end: size, duration, frame count and sound of the built program's output.
#include <fmt/format.h>
#include <gtest/gtest.h>

#include <cmath>

#include "command.h"

namespace reverie {
namespace {

namespace fs = std::filesystem;

struct Clip {
  const char* file;
  const char* size;  // as a player shows it, even for 4:2:0
  int frames;
  double seconds;
  const char* sound;  // codec in the MP4; "": no sound
};

// As shown by ffprobe and a player.
const Clip kClips[] = {
    {"big_buck_bunny_0_30.webm", "1280,720", 720, 30, "aac"},  // Vorbis cannot be copied into MP4
    {"carphone_pristine.mp4", "192,144", 120, 4.004, ""},      // 176x144, pixel aspect 128:117
    {"cars_with_audio.mp4", "768,432", 377, 30.16, "aac"},
    {"chaplin.mp4", "640,360", 241, 9.64, "mp3"},
    {"cockatoo.mp4", "1280,720", 280, 14, "mp3"},
    {"h264_10bits.mp4", "200,200", 30, 1, ""},
    {"nasa_13013.mp4", "480,270", 390, 13.013, "aac"},  // the larger of two video streams
    {"newtonscradle.gif", "200,150", 41, 0.82, ""},
};

TEST(MediaFiles, EveryVideoKeepsSizeDurationFramesAndSound) {
  if (data_folder().empty()) GTEST_SKIP() << "no ../shared/data";
  for (const Clip& clip : kClips) {
    const TestFolder folder("video");
    const std::string in = (data_folder() / "video" / clip.file).string();
    const std::string native = folder.file("native.mp4");
    const std::string whole = folder.file("whole.mp4");
    ASSERT_EQ(shell("reverie render echoes -q --frames 2 --input '" + in + "' -o " + native).status, 0)
        << clip.file;
    EXPECT_EQ(probe_entry(native, "v:0", "stream=width,height"), clip.size) << clip.file;
    const Outcome o = shell("reverie render echoes -q --size 64x48 --input '" + in + "' -o " + whole);
    ASSERT_EQ(o.status, 0) << clip.file << o.err;
    EXPECT_EQ(probe_entry(whole, "v:0", "stream=nb_frames"), std::to_string(clip.frames)) << clip.file;
    EXPECT_NEAR(std::atof(probe_entry(whole, "v:0", "stream=duration").c_str()), clip.seconds, 0.03)
        << clip.file;
    EXPECT_EQ(probe_entry(whole, "a:0", "stream=codec_name"), clip.sound) << clip.file;
    if (*clip.sound) {
      EXPECT_NEAR(std::atof(probe_entry(whole, "a:0", "stream=duration").c_str()), clip.seconds, 0.15)
          << clip.file;
    }
  }
}

TEST(MediaFiles, SoundIsCutAndShiftedWithThePicture) {
  if (data_folder().empty()) GTEST_SKIP() << "no ../shared/data";
  const TestFolder folder("cut");
  const std::string in = (data_folder() / "video" / "chaplin.mp4").string();
  ASSERT_EQ(shell("reverie render echoes -q --size 64x48 --start 2 --seconds 3 --input '" + in + "' -o " +
                  folder.file("a.mp4"))
                .status,
            0);
  EXPECT_NEAR(std::atof(probe_entry(folder.file("a.mp4"), "a:0", "stream=duration").c_str()), 3, 0.1);
  EXPECT_EQ(probe_entry(folder.file("a.mp4"), "v:0", "stream=nb_frames"), "75");
  // the loudness of each half second follows that of the source from second 2 on
  const auto volume = [](const std::string& file, double start) {
    const Outcome o =
        shell(fmt::format("ffmpeg -hide_banner -ss {} -t 0.5 -i '{}' -vn -af volumedetect -f null - 2>&1 | "
                          "sed -n 's/.*mean_volume: //p'",
                          start, file));
    return std::atof(o.out.c_str());
  };
  for (const double t : {0.25, 1.25, 2.25})
    EXPECT_NEAR(volume(folder.file("a.mp4"), t), volume(in, 2 + t), 1.5) << t;
}

struct Edge {
  const char* file;
  const char* size;  // "" if it cannot be read
  int frames;
};

const Edge kEdges[] = {
    {"audio_only.m4a", "", 0},
    {"corrupt_bits.mp4", "320,180", 72},
    {"empty.mp4", "", 0},
    {"no_duration.webm", "1280,720", 45},
    {"odd_321x181_yuv444.mp4", "320,180", 24},
    {"one_frame.mp4", "320,180", 1},
    {"random_bytes.mp4", "", 0},
    {"rotated90_meta.mp4", "180,320", 72},
    {"sar2to1.mp4", "320,90", 24},
    {"truncated_no_moov.mp4", "", 0},
    {"vfr.mp4", "320,180", 72},
    {"wrong_extension.png", "320,180", 72},
};

TEST(MediaFiles, EveryStrangeFileIsRightOrOneLineAndLeavesNothing) {
  if (data_folder().empty()) GTEST_SKIP() << "no ../shared/data";
  for (const Edge& edge : kEdges) {
    const TestFolder folder("edge");
    const std::string in = (data_folder() / "video_edge" / edge.file).string();
    const Outcome o =
        shell("reverie render echoes -q --seconds 3 --input '" + in + "' -o " + folder.file("a.mp4"));
    if (*edge.size) {
      ASSERT_EQ(o.status, 0) << edge.file << o.err;
      EXPECT_EQ(probe_entry(folder.file("a.mp4"), "v:0", "stream=width,height"), edge.size) << edge.file;
      EXPECT_EQ(probe_entry(folder.file("a.mp4"), "v:0", "stream=nb_frames"), std::to_string(edge.frames))
          << edge.file;
    } else {
      EXPECT_EQ(o.status, 1) << edge.file;
      EXPECT_EQ(std::count(o.err.begin(), o.err.end(), '\n'), 1) << edge.file << o.err;
      EXPECT_TRUE(fs::is_empty(folder.path())) << edge.file;
    }
  }
}

}  // namespace
}  // namespace reverie
