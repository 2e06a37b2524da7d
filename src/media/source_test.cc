#include "media/source.h"

#include <gtest/gtest.h>

#include <cmath>
#include <fstream>

#include "core/error.h"
#include "core/file.h"
#include "core/limits.h"
#include "media/convert.h"
#include "media/devices.h"
#include "media/media_testing.h"
#include "media/picture.h"
#include "media/probe.h"

namespace reverie {
namespace {

using testing_media::greys;
using testing_media::read_all;
using testing_media::TempFolder;

constexpr float kCode = 1.0F / 255.0F;

std::string message_of(const std::function<void()>& action) {
  try {
    action();
  } catch (const Error& e) {
    return e.what();
  }
  return "no error";
}

// A clip of ten greys at 10 fps, lossless.
class Clip : public testing::Test {
 protected:
  Clip() { testing_media::write_greys(path_, 10, sink_options(16, 12, 10)); }
  TempFolder folder_;
  std::string path_ = folder_ / "clip.mkv";
};

TEST_F(Clip, ComesAsItIs) {
  const std::unique_ptr<Source> source = open_source(path_);
  const SourceInfo& info = source->info();
  EXPECT_EQ(info.width, 16);
  EXPECT_EQ(info.height, 12);
  EXPECT_EQ(info.fps, 10);
  EXPECT_EQ(info.frames, 10);
  EXPECT_FALSE(info.endless);
  EXPECT_FALSE(info.has_sound);
  EXPECT_EQ(greys(read_all(path_), 10), (std::vector<int>{0, 1, 2, 3, 4, 5, 6, 7, 8, 9}));
}

TEST_F(Clip, PassesOverFramesThatNobodyWants) {
  const std::unique_ptr<Source> source = open_source(path_);
  std::vector<Planes> seen;
  for (Planes p; source->read(p);) {
    seen.push_back(p);
    source->skip();
    source->skip();
  }
  EXPECT_EQ(greys(seen, 10), (std::vector<int>{0, 3, 6, 9}));
  EXPECT_FALSE(source->skip());
}

TEST_F(Clip, ChangesItsRateByTime) {
  SourceOptions options;
  options.fps = 20;
  EXPECT_EQ(greys(read_all(path_, options), 10),
            (std::vector<int>{0, 0, 1, 1, 2, 2, 3, 3, 4, 4, 5, 5, 6, 6, 7, 7, 8, 8, 9, 9}));
  options.fps = 5;
  EXPECT_EQ(greys(read_all(path_, options), 10), (std::vector<int>{0, 2, 4, 6, 8}));
  EXPECT_EQ(open_source(path_, options)->info().frames, 5);
}

TEST_F(Clip, StartsEndsAndLoops) {
  SourceOptions options;
  options.start = 0.7;
  EXPECT_EQ(greys(read_all(path_, options), 10), (std::vector<int>{7, 8, 9}));
  EXPECT_EQ(open_source(path_, options)->info().frames, 3);
  options.loop = true;
  EXPECT_TRUE(open_source(path_, options)->info().endless);
  options.seconds = 0.8;
  EXPECT_EQ(greys(read_all(path_, options), 10), (std::vector<int>{7, 8, 9, 7, 8, 9, 7, 8}));
  EXPECT_EQ(open_source(path_, options)->info().frames, 8);
  options = {};
  options.seconds = 0.4;
  EXPECT_EQ(greys(read_all(path_, options), 10), (std::vector<int>{0, 1, 2, 3}));
  options.start = 1.2;
  EXPECT_NE(message_of([&] { open_source(path_, options); }).find("1.2 s"), std::string::npos);
}

TEST_F(Clip, IsFittedToASize) {
  SourceOptions options;
  options.width = 8;
  EXPECT_EQ(open_source(path_, options)->info().height, 6);
  options.even = 4;
  EXPECT_EQ(open_source(path_, options)->info().height, 4);
  options.width = kLargestSide + 1;
  EXPECT_NE(message_of([&] { open_source(path_, options); }).find("16384"), std::string::npos);
}

TEST(Video, SeeksInCompressedFiles) {
  const TempFolder folder;
  testing_media::write_greys(folder / "a.mp4", 40, sink_options(64, 48, 25));
  for (const double start : {0.0, 0.4, 1.0, 1.56}) {
    SourceOptions options;
    options.start = start;
    const std::vector<int> found = greys(read_all(folder / "a.mp4", options), 40);
    const int first = static_cast<int>(std::lround(start * 25));
    ASSERT_EQ(found.size(), static_cast<size_t>(40 - first));
    for (size_t i = 0; i < found.size(); ++i) EXPECT_EQ(found[i], first + static_cast<int>(i)) << start;
  }
}

// Left half red, right half blue; [8, 16].
Planes halves() {
  Planes p(3, 8, 16);
  for (int y = 0; y < 8; ++y) {
    for (int x = 0; x < 16; ++x) p.at(x < 8 ? 0 : 2, y, x) = 1;
  }
  return p;
}

TEST(Picture, IsEndlessAndFits) {
  const TempFolder folder;
  write_picture(folder / "a.png", halves());
  SourceOptions options;
  const std::unique_ptr<Source> source = open_source(folder / "a.png", options);
  EXPECT_TRUE(source->info().endless);
  Planes out;
  for (int n = 0; n < 100; ++n) ASSERT_TRUE(source->read(out));
  EXPECT_EQ(mean_absolute_difference(out, halves()), 0);

  options.width = options.height = 8;
  options.seconds = 1;
  std::vector<Planes> frames = read_all(folder / "a.png", options);
  ASSERT_EQ(frames.size(), 30U);
  EXPECT_EQ(frames[0].at(0, 0, 0), 1);  // cropped: four columns of each half
  EXPECT_EQ(frames[0].at(0, 0, 3), 1);
  EXPECT_EQ(frames[0].at(2, 7, 4), 1);
  options.fit = Fit::kPad;
  frames = read_all(folder / "a.png", options);
  EXPECT_EQ(frames[0].at(0, 1, 0), 0);  // 8x4 in the middle
  EXPECT_NEAR(frames[0].at(0, 2, 0), 1, 1e-5);
  EXPECT_NEAR(frames[0].at(2, 5, 7), 1, 1e-5);
  EXPECT_EQ(frames[0].at(2, 6, 7), 0);
  options.fit = Fit::kStretch;
  frames = read_all(folder / "a.png", options);
  EXPECT_NEAR(frames[0].at(0, 0, 0), 1, 1e-5);
  EXPECT_NEAR(frames[0].at(2, 7, 7), 1, 1e-5);
}

TEST(Picture, IsKnownByItsContent) {
  const TempFolder folder;
  write_picture(folder / "a.png", halves());
  std::filesystem::rename(folder / "a.png", folder / "100%d.mp4");
  EXPECT_TRUE(open_source(folder / "100%d.mp4")->info().endless);
  EXPECT_TRUE(probe(folder / "100%d.mp4").picture);
}

TEST(TestPicture, EveryGeneratorGivesPictures) {
  const std::vector<std::string> names = list_test_pictures();
  EXPECT_NE(std::find(names.begin(), names.end(), "testsrc2"), names.end());
  for (const std::string& name : names) {
    SourceOptions options;
    options.width = 64;
    options.height = 48;
    options.seconds = 0.1;
    const std::vector<Planes> a = read_all("test:" + name, options);
    ASSERT_EQ(a.size(), 3U) << name;
    EXPECT_EQ(a[0].width(), 64) << name;
    const std::vector<Planes> b = read_all("test:" + name, options);
    EXPECT_TRUE(a[2].data() == b[2].data()) << name;
  }
}

TEST(TestPicture, HasItsOwnSizeAndRate) {
  const std::unique_ptr<Source> source = open_source("test:mandelbrot");
  EXPECT_EQ(source->info().width, 512);
  EXPECT_EQ(source->info().height, 512);
  EXPECT_EQ(source->info().fps, 30);
  EXPECT_TRUE(source->info().endless);
  EXPECT_NE(message_of([] { open_source("test:testsrk2"); }).find("'testsrc2'"), std::string::npos);
  EXPECT_NE(message_of([] { open_source("test:testsrc2=size=99999x99999"); }), "no error");
  EXPECT_NE(message_of([] { open_source("test:movie"); }), "no error");
}

TEST(Source, RefusesWithAReason) {
  const TempFolder folder;
  std::ofstream(folder / "empty.mp4").flush();
  std::ofstream(folder / "text.mp4") << "not a film";
  std::filesystem::create_directory(folder / "none");
  EXPECT_NE(message_of([&] { open_source(folder / "missing.mp4"); }).find("no such file"), std::string::npos);
  EXPECT_NE(message_of([&] { open_source(folder / "empty.mp4"); }).find("empty"), std::string::npos);
  EXPECT_NE(message_of([&] { open_source(folder / "text.mp4"); }), "no error");
  EXPECT_NE(message_of([&] { open_source(folder / "none"); }).find("no pictures"), std::string::npos);
  EXPECT_NE(message_of([&] { open_source(folder / "none/*.png"); }).find("no picture"), std::string::npos);
  EXPECT_NE(message_of([&] { open_source("camera:/no/such/camera"); }), "no error");
  EXPECT_NE(message_of([&] { open_source("screen:half"); }).find("WIDTHxHEIGHT"), std::string::npos);
  SourceOptions options;
  options.start = -1;
  EXPECT_NE(message_of([&] { open_source("test:testsrc2", options); }), "no error");
}

// Lists of other files are not media: a file from a stranger must not open others.
TEST(Source, OpensNoOtherFiles) {
  const TempFolder folder;
  testing_media::write_greys(folder / "a.mkv", 3, sink_options(16, 12, 10));
  std::ofstream(folder / "list.mp4") << "ffconcat version 1.0\nfile " << folder / "a.mkv"
                                     << "\n";
  EXPECT_NE(message_of([&] { open_source(folder / "list.mp4"); }), "no error");
  std::ofstream(folder / "net.mp4")
      << "#EXTM3U\n#EXT-X-TARGETDURATION:1\n#EXTINF:1,\nhttp://127.0.0.1:9/a.ts\n#EXT-X-ENDLIST\n";
  EXPECT_NE(message_of([&] { open_source(folder / "net.mp4"); }), "no error");
}

ffmpeg::FramePtr frame_of(AVPixelFormat format, int width, int height) {
  ffmpeg::FramePtr f = ffmpeg::new_frame();
  f->format = format;
  f->width = width;
  f->height = height;
  EXPECT_GE(av_frame_get_buffer(f.get(), 0), 0);
  return f;
}

template <class T>
void fill(AVFrame& f, int plane, int width, int height, int value) {
  for (int y = 0; y < height; ++y) {
    T* row = reinterpret_cast<T*>(f.data[plane] + static_cast<ptrdiff_t>(y) * f.linesize[plane]);
    std::fill_n(row, width, static_cast<T>(value));
  }
}

struct Rgb {
  float r, g, b;
};
Rgb middle_of(const AVFrame& f) {
  Planes out;
  ffmpeg::FrameToPlanes({f.width, f.height}, Fit::kStretch, "a frame").convert(f, {}, out);
  return {out.at(0, 2, 2), out.at(1, 2, 2), out.at(2, 2, 2)};
}

TEST(Colour, RangeDepthAndMatrix) {
  ffmpeg::FramePtr f = frame_of(AV_PIX_FMT_YUV420P, 8, 8);
  for (int p : {1, 2}) fill<uint8_t>(*f, p, 4, 4, 128);
  fill<uint8_t>(*f, 0, 8, 8, 235);
  EXPECT_NEAR(middle_of(*f).g, 1, 1e-5);
  fill<uint8_t>(*f, 0, 8, 8, 16);
  EXPECT_NEAR(middle_of(*f).g, 0, 1e-5);
  f->color_range = AVCOL_RANGE_JPEG;
  EXPECT_NEAR(middle_of(*f).g, 16 * kCode, 1e-5);

  // The same red: Y = Kr, Cr = 0.5, Cb = -Kr / 2 / (1 - Kb)
  struct Case {
    AVColorSpace space;
    double r, b;
  };
  for (const Case& c :
       {Case{AVCOL_SPC_BT709, 0.2126, 0.0722}, Case{AVCOL_SPC_SMPTE170M, 0.299, 0.114},
        Case{AVCOL_SPC_BT2020_NCL, 0.2627, 0.0593}, Case{AVCOL_SPC_UNSPECIFIED, 0.299, 0.114}}) {
    f = frame_of(AV_PIX_FMT_YUV444P10, 8, 8);
    f->colorspace = c.space;
    const auto code = [](double v) { return static_cast<int>(std::lround(v)); };
    fill<uint16_t>(*f, 0, 8, 8, code(64 + 876 * c.r));
    fill<uint16_t>(*f, 1, 8, 8, code(512 - 896 * c.r / 2 / (1 - c.b)));
    fill<uint16_t>(*f, 2, 8, 8, code(512 + 448));
    const Rgb red = middle_of(*f);
    EXPECT_NEAR(red.r, 1, 2e-3) << c.space;
    EXPECT_NEAR(red.g, 0, 2e-3) << c.space;
    EXPECT_NEAR(red.b, 0, 2e-3) << c.space;
  }
}

TEST(Colour, OtherFormats) {
  ffmpeg::FramePtr f = frame_of(AV_PIX_FMT_GRAY8, 8, 8);
  fill<uint8_t>(*f, 0, 8, 8, 51);
  EXPECT_NEAR(middle_of(*f).b, 0.2, 1e-5);
  f = frame_of(AV_PIX_FMT_RGBA, 8, 8);
  fill<uint32_t>(*f, 0, 8, 8, static_cast<int>(0x80FF00FFU));  // half transparent magenta
  EXPECT_NEAR(middle_of(*f).r, 128 * kCode, 1e-5);
  EXPECT_NEAR(middle_of(*f).g, 0, 1e-5);
  f = frame_of(AV_PIX_FMT_PAL8, 8, 8);
  fill<uint8_t>(*f, 0, 8, 8, 7);
  reinterpret_cast<uint32_t*>(f->data[1])[7] = 0xFF3300FFU;
  EXPECT_NEAR(middle_of(*f).r, 0.2, 1e-5);
  EXPECT_NEAR(middle_of(*f).b, 1, 1e-5);
  f = frame_of(AV_PIX_FMT_NV12, 8, 8);
  fill<uint8_t>(*f, 0, 8, 8, 235);
  fill<uint8_t>(*f, 1, 8, 4, 128);
  EXPECT_NEAR(middle_of(*f).g, 1, 1e-5);
  f = frame_of(AV_PIX_FMT_RGB565LE, 8, 8);
  fill<uint16_t>(*f, 0, 8, 8, 0xF800);
  EXPECT_NEAR(middle_of(*f).r, 1, 1e-5);
  EXPECT_NEAR(middle_of(*f).b, 0, 1e-5);
  f = frame_of(AV_PIX_FMT_GBRP16BE, 8, 8);
  for (int p : {0, 1, 2}) fill<uint16_t>(*f, p, 8, 8, p == 2 ? 0xFFFF : 0x0080);  // big endian 0x8000
  EXPECT_NEAR(middle_of(*f).r, 1, 1e-5);
  EXPECT_NEAR(middle_of(*f).g, 0.5, 1e-4);
}

// A picture stored upright with its four corners distinguished, seen through each of the eight display
// matrices.
TEST(Colour, Orientation) {
  const ffmpeg::FramePtr f = frame_of(AV_PIX_FMT_GRAY8, 3, 2);
  for (int i = 0; i < 6; ++i) f->data[0][i / 3 * f->linesize[0] + i % 3] = static_cast<uint8_t>(i * 51);
  struct Case {
    double turn;  // clockwise, degrees
    bool mirror;  // then left to right
    std::vector<int> seen;
    int width;
  };
  const std::vector<Case> cases = {
      {0, false, {0, 1, 2, 3, 4, 5}, 3},   {0, true, {2, 1, 0, 5, 4, 3}, 3},
      {90, false, {3, 0, 4, 1, 5, 2}, 2},  {90, true, {0, 3, 1, 4, 2, 5}, 2},
      {180, false, {5, 4, 3, 2, 1, 0}, 3}, {180, true, {3, 4, 5, 0, 1, 2}, 3},
      {270, false, {2, 5, 1, 4, 0, 3}, 2}, {270, true, {5, 2, 4, 1, 3, 0}, 2},
  };
  for (const Case& c : cases) {
    std::array<int32_t, 9> matrix{};
    av_display_rotation_set(matrix.data(), c.turn);
    if (c.mirror) av_display_matrix_flip(matrix.data(), 1, 0);
    ffmpeg::Look look;
    look.orientation = ffmpeg::orientation_of(matrix.data());
    const ffmpeg::Size size = ffmpeg::shown_size({3, 2}, look);
    ASSERT_EQ(size.width, c.width);
    Planes out;
    ffmpeg::FrameToPlanes(size, Fit::kCrop, "a frame").convert(*f, look, out);
    for (size_t i = 0; i < 6; ++i) {
      EXPECT_NEAR(out.plane(0)[i], 0.2 * c.seen[i], 1e-5) << c.turn << " " << c.mirror << " " << i;
    }
  }
}

TEST(Colour, ScalingKeepsFlatAndSlopes) {
  const ffmpeg::FramePtr f = frame_of(AV_PIX_FMT_YUV420P, 64, 64);
  for (int p : {1, 2}) fill<uint8_t>(*f, p, 32, 32, 128);
  for (int y = 0; y < 64; ++y) {
    for (int x = 0; x < 64; ++x) f->data[0][y * f->linesize[0] + x] = static_cast<uint8_t>(16 + x * 3);
  }
  for (const int width : {16, 100, 640}) {
    Planes out;
    ffmpeg::FrameToPlanes({width, 50}, Fit::kStretch, "a frame").convert(*f, {}, out);
    for (int x = width / 8; x < width - width / 8; ++x) {
      const double at = (x + 0.5) * 64 / width - 0.5;
      EXPECT_NEAR(out.at(1, 20, x), at * 3 / 219, 0.002) << width << " " << x;
    }
  }
}

struct Known {
  const char* name;
  int width, height;
  double fps;
  int frames;
  bool sound;
};

TEST(Data, Videos) {
  const auto data = testing_media::data_folder();
  if (!data) GTEST_SKIP() << "no folder of data";
  for (const Known& k : {Known{"video/carphone_pristine.mp4", 193, 144, 30000.0 / 1001, 120, false},
                         Known{"video/cars_with_audio.mp4", 768, 432, 12.5, 377, true},
                         Known{"video/chaplin.mp4", 640, 360, 25, 241, true},
                         Known{"video/h264_10bits.mp4", 200, 200, 30, 30, false},
                         Known{"video/nasa_13013.mp4", 480, 270, 30000.0 / 1001, 390, true},
                         Known{"video/newtonscradle.gif", 200, 150, 50, 41, false},
                         Known{"video/cockatoo.mp4", 1280, 720, 20, 280, true},
                         Known{"video/big_buck_bunny_0_30.webm", 1280, 720, 24, 720, true},
                         Known{"video_edge/rotated90_meta.mp4", 180, 320, 24, 72, false},
                         Known{"video_edge/sar2to1.mp4", 320, 90, 24, 24, false},
                         Known{"video_edge/vfr.mp4", 320, 180, 24, 72, false},
                         Known{"video_edge/odd_321x181_yuv444.mp4", 321, 181, 24, 24, false},
                         Known{"video_edge/one_frame.mp4", 320, 180, 24, 1, false},
                         Known{"video_edge/wrong_extension.png", 320, 180, 24, 72, false}}) {
    const std::string path = (*data / k.name).string();
    const std::unique_ptr<Source> source = open_source(path);
    EXPECT_EQ(source->info().width, k.width) << k.name;
    EXPECT_EQ(source->info().height, k.height) << k.name;
    EXPECT_NEAR(source->info().fps, k.fps, 1e-6) << k.name;
    EXPECT_EQ(source->info().frames, k.frames) << k.name;
    EXPECT_EQ(source->info().has_sound, k.sound) << k.name;
    SourceOptions small;
    small.width = small.height = 32;
    EXPECT_EQ(read_all(path, small).size(), static_cast<size_t>(k.frames)) << k.name;
  }
}

// Colours at single points as given by ffmpeg -vf zscale=chromalin=left.
TEST(Data, DamagedAndOdd) {
  const auto data = testing_media::data_folder();
  if (!data) GTEST_SKIP() << "no folder of data";
  const auto path = [&](const char* name) { return (*data / "video_edge" / name).string(); };
  EXPECT_NE(message_of([&] { open_source(path("audio_only.m4a")); }).find("it has sound but no pictures"),
            std::string::npos);
  for (const char* name : {"empty.mp4", "random_bytes.mp4", "truncated_no_moov.mp4"}) {
    EXPECT_NE(message_of([&] { open_source(path(name)); }).find(name), std::string::npos) << name;
  }
  const std::unique_ptr<Source> unknown = open_source(path("no_duration.webm"));
  EXPECT_FALSE(unknown->info().frames.has_value());
  EXPECT_FALSE(unknown->info().endless);
  SourceOptions small;
  small.width = small.height = 32;
  EXPECT_EQ(read_all(path("no_duration.webm"), small).size(), 74U);

  testing::internal::CaptureStderr();
  const std::vector<Planes> damaged = read_all(path("corrupt_bits.mp4"));
  const std::string said = testing::internal::GetCapturedStderr();
  EXPECT_EQ(damaged.size(), 72U);
  EXPECT_EQ(std::count(said.begin(), said.end(), '\n'), 1) << said;
  testing::internal::CaptureStderr();
  const std::vector<Planes> again = read_all(path("corrupt_bits.mp4"));
  testing::internal::GetCapturedStderr();
  for (size_t n = 0; n < 72; ++n) EXPECT_TRUE(damaged[n].data() == again[n].data()) << n;

  // What is missing is concealed, not left green from zeros
  for (const Planes& p : damaged) {
    double green = 0;
    for (size_t i = 0; i < p.plane_size(); ++i) green += p.plane(1)[i] - p.plane(0)[i];
    EXPECT_LT(green / static_cast<double>(p.plane_size()), 0.1);
  }

  // The same film upright and turned: the top left corner of one is the bottom left of the other (90 degrees
  // counterclockwise, as ffprobe says: rotation=90)
  const Planes upright = read_all(path("wrong_extension.png"))[0];
  const Planes seen = read_all(path("rotated90_meta.mp4"))[0];
  ASSERT_EQ(seen.width(), upright.height());
  double difference = 0;
  for (int y = 0; y < upright.height(); ++y) {
    for (int x = 0; x < upright.width(); ++x) {
      difference += std::abs(upright.at(1, y, x) - seen.at(1, upright.width() - 1 - x, y));
    }
  }
  EXPECT_LT(difference / static_cast<double>(upright.plane_size()), 1e-6);
}

}  // namespace
}  // namespace reverie
