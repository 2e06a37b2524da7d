// Files as people have them: HDR, uneven times, unused alpha, EXIF, pipes, other names of the same file.
#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/stat.h>

#include <array>
#include <cmath>
#include <fstream>
#include <numeric>
#include <set>
#include <thread>

#include "core/corpus_test_help.h"
#include "core/error.h"
#include "core/exif.h"
#include "core/file.h"
#include "media/even_rate.h"
#include "media/media_testing.h"
#include "media/picture.h"
#include "media/sound_reader.h"
#include "media/sources.h"

namespace reverie {
namespace {

using testing_media::greys;
using testing_media::read_all;
using testing_media::TempFolder;
using testing_media::write_greys;

std::optional<std::filesystem::path> cases_folder() {
  const auto data = testing_media::data_folder();
  if (!data || !std::filesystem::exists(*data / "../cases")) return std::nullopt;
  return *data / "../cases";
}

// Mean of a square of the picture around (x, y), as 8 bit codes.
std::array<double, 3> patch(const Planes& p, int x, int y) {
  constexpr int kReach = 2;
  std::array<double, 3> mean{};
  for (int c = 0; c < 3; ++c) {
    for (int dy = -kReach; dy <= kReach; ++dy) {
      for (int dx = -kReach; dx <= kReach; ++dx) mean[static_cast<size_t>(c)] += p.at(c, y + dy, x + dx);
    }
    mean[static_cast<size_t>(c)] *= 255.0 / 25;
  }
  return mean;
}

void expect_patch(const Planes& p, int x, int y, const std::array<double, 3>& wanted, double within) {
  const std::array<double, 3> seen = patch(p, x, y);
  for (size_t c = 0; c < 3; ++c) EXPECT_NEAR(seen[c], wanted[c], within) << x << " " << y << " channel " << c;
}

std::vector<uint8_t> read_whole(const std::string& pipe) {
  std::ifstream file(pipe, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), {}};
}

// --- Colour -----------------------------------------------------------------------------------------------

std::array<float, 3> converted(const ffmpeg::ColourTags& tags, std::array<float, 3> rgb) {
  std::array<std::vector<float>, 3> planes = {std::vector<float>{rgb[0]}, std::vector<float>{rgb[1]},
                                              std::vector<float>{rgb[2]}};
  ffmpeg::ColourConversion(tags).convert(planes);
  return {planes[0][0], planes[1][0], planes[2][0]};
}

TEST(ColourOfPeople, SdrPassesUnchanged) {
  for (const AVColorTransferCharacteristic t :
       {AVCOL_TRC_UNSPECIFIED, AVCOL_TRC_BT709, AVCOL_TRC_SMPTE170M, AVCOL_TRC_IEC61966_2_1}) {
    EXPECT_TRUE(ffmpeg::ColourConversion({t, AVCOL_PRI_BT709, 0}).identity());
    EXPECT_TRUE(ffmpeg::ColourConversion({t, AVCOL_PRI_SMPTE170M, 0}).identity());
    EXPECT_FALSE(ffmpeg::ColourConversion({t, AVCOL_PRI_BT2020, 0}).identity());
  }
}

// The codes of BT.2408, table 1: reference white is 58 % of PQ and 75 % of HLG, 18 % grey 38 % of both.
TEST(ColourOfPeople, ReferenceLevelsOfHdr) {
  for (const auto transfer : {AVCOL_TRC_SMPTE2084, AVCOL_TRC_ARIB_STD_B67}) {
    const bool pq = transfer == AVCOL_TRC_SMPTE2084;
    const ffmpeg::ColourTags tags = {transfer, AVCOL_PRI_BT2020, 0};
    const float white = pq ? 0.58F : 0.75F;
    const float grey = 0.38F;  // 26 cd/m2, 0.128 of white
    for (const float v : converted(tags, {white, white, white})) EXPECT_NEAR(v, 1, 0.01) << pq;
    for (const float v : converted(tags, {grey, grey, grey})) EXPECT_NEAR(v, 0.394, 0.012) << pq;
    for (const float v : converted(tags, {0, 0, 0})) EXPECT_NEAR(v, 0, 0.002) << pq;
    for (const float v : converted(tags, {1, 1, 1})) EXPECT_EQ(v, 1) << pq;
  }
}

TEST(ColourOfPeople, WhatIsBrighterIsCompressedIfTheFilmSaysHowBright) {
  const auto grey = [](double peak, float code) {
    return converted({AVCOL_TRC_SMPTE2084, AVCOL_PRI_BT2020, peak}, {code, code, code})[0];
  };
  // 100, 203 and 1000 cd/m2 in PQ
  constexpr float kHundred = 0.508F, kWhite = 0.5807F, kThousand = 0.7518F;
  EXPECT_NEAR(grey(1000, kThousand), 1, 0.002);
  EXPECT_LT(grey(1000, kWhite), 0.97);
  EXPECT_GT(grey(1000, kWhite), grey(1000, kHundred) + 0.03F);
  EXPECT_NEAR(grey(1000, 0.3F), grey(0, 0.3F), 1e-3);  // the dark stays
  EXPECT_EQ(grey(203, kWhite), grey(0, kWhite));
}

TEST(ColourOfPeople, WideGamutIsNarrowed) {
  // BT.709's red in the primaries of BT.2020 (BT.2087: 0.6274, 0.0691, 0.0164 of linear light)
  const auto coded = [](double v) {
    return static_cast<float>(v < 0.018 ? 4.5 * v : 1.099 * std::pow(v, 0.45) - 0.099);
  };
  const auto red =
      converted({AVCOL_TRC_BT2020_10, AVCOL_PRI_BT2020, 0}, {coded(0.6274), coded(0.0691), coded(0.0164)});
  EXPECT_NEAR(red[0], 1, 2e-3);
  EXPECT_NEAR(red[1], 0, 6e-3);
  EXPECT_NEAR(red[2], 0, 6e-3);
  const auto grey = converted({AVCOL_TRC_IEC61966_2_1, AVCOL_PRI_SMPTE432, 0}, {0.5F, 0.5F, 0.5F});
  for (const float v : grey) EXPECT_NEAR(v, 0.5, 1e-3);
  EXPECT_GT(converted({AVCOL_TRC_IEC61966_2_1, AVCOL_PRI_SMPTE432, 0}, {0.8F, 0.3F, 0.3F})[0], 0.82F);
}

TEST(ColourOfPeople, LinearLightAndWhatIsBrighterThanWhite) {
  const ffmpeg::ColourTags linear = {AVCOL_TRC_LINEAR, AVCOL_PRI_UNSPECIFIED, 0};
  EXPECT_NEAR(converted(linear, {0.214F, 0.214F, 0.214F})[0] * 255, 127.5, 0.5);
  const auto sun = converted(linear, {40, 40, 40});
  EXPECT_EQ(sun[0], 1);
  const auto lamp = converted(linear, {2, 0.3F, 0.05F});  // keeps its hue, towards white
  EXPECT_NEAR(lamp[0], 1, 1e-3);
  EXPECT_GT(lamp[1], lamp[2]);
  EXPECT_LT(lamp[2], 0.95F);
}

ffmpeg::FramePtr rgba(int alpha_first, int alpha_rest) {
  ffmpeg::FramePtr f = ffmpeg::new_frame();
  f->format = AV_PIX_FMT_RGBA;
  f->width = f->height = 4;
  EXPECT_GE(av_frame_get_buffer(f.get(), 0), 0);
  for (int y = 0; y < 4; ++y) {
    for (int x = 0; x < 4; ++x) {
      uint8_t* p = f->data[0] + static_cast<ptrdiff_t>(y) * f->linesize[0] + static_cast<ptrdiff_t>(x) * 4;
      p[0] = p[1] = p[2] = 200;
      p[3] = static_cast<uint8_t>(x + y == 0 ? alpha_first : alpha_rest);
    }
  }
  return f;
}

TEST(ColourOfPeople, AlphaThatNobodyWroteMeansNothing) {
  const auto shown = [](const std::vector<ffmpeg::FramePtr>& frames, const ffmpeg::Look& look) {
    ffmpeg::FrameToPlanes convert({4, 4}, Fit::kStretch, "a frame");
    Planes out;
    for (const auto& f : frames) convert.convert(*f, look, out);
    return std::lround(out.at(0, 2, 2) * 255);
  };
  const ffmpeg::Look doubtful;
  ffmpeg::Look real;
  real.alpha_may_be_unused = false;
  std::vector<ffmpeg::FramePtr> unused, used, later;
  unused.push_back(rgba(0, 0));
  EXPECT_EQ(shown(unused, doubtful), 200);
  EXPECT_EQ(shown(unused, real), 0);
  used.push_back(rgba(255, 0));
  EXPECT_EQ(shown(used, doubtful), 0);
  later.push_back(rgba(255, 255));
  later.push_back(rgba(0, 0));  // it has faded out
  EXPECT_EQ(shown(later, doubtful), 0);
}

TEST(ColourOfPeople, WhatIsTransparentCanGetTheMeanOfTheRest) {
  ffmpeg::FramePtr frame = rgba(255, 255);
  const auto set = [&](int x, int y, std::array<uint8_t, 4> pixel) {
    std::copy(
        pixel.begin(), pixel.end(),
        frame->data[0] + static_cast<ptrdiff_t>(y) * frame->linesize[0] + static_cast<ptrdiff_t>(x) * 4);
  };
  for (int y = 0; y < 4; ++y) {
    for (int x = 0; x < 4; ++x) set(x, y, {0, 0, 0, 0});
  }
  set(0, 0, {200, 100, 0, 255});
  set(1, 0, {100, 100, 0, 255});
  set(2, 0, {100, 50, 0, 128});
  ffmpeg::FrameToPlanes convert({4, 4}, Fit::kStretch, "a frame");
  convert.fill_transparent();
  Planes out;
  for (const bool premultiplied : {false, true}) {
    ffmpeg::Look look;
    look.premultiplied = premultiplied;
    if (premultiplied) set(2, 0, {50, 25, 0, 128});
    convert.convert(*frame, look, out);
    EXPECT_TRUE(convert.filled());
    const double red = (200 + 100 + 50) / 2.5;
    EXPECT_NEAR(out.at(0, 3, 3) * 255, red, 0.5);
    EXPECT_NEAR(out.at(1, 3, 3) * 255, 225 / 2.5, 0.5);
    EXPECT_NEAR(out.at(0, 0, 0) * 255, 200, 0.1);
    EXPECT_NEAR(out.at(0, 0, 2) * 255, 50 + red / 2, 0.7);
  }
  convert.convert(*rgba(255, 255), {}, out);
  EXPECT_FALSE(convert.filled());
}

// What players assume of a file that says nothing: BT.601 up to standard definition.
TEST(ColourOfPeople, ContainersThatCannotTagColour) {
  const TempFolder folder;
  for (const char* target :
       {"avi:sd.avi", "mpeg:sd.mpg", "asf:sd.asf", "ogg:sd.ogv", "mjpeg:sd.mjpeg", "ivf:sd.ivf",
        "mpegts:sd.ts", "matroska:sd.mkv", "nut:sd.nut", "mxf:sd.mxf", "flv:sd.flv", "swf:sd.swf"}) {
    const std::string name = std::string(target).substr(std::string(target).find(':') + 1);
    const std::string muxer = std::string(target).substr(0, std::string(target).find(':'));
    const SinkOptions options = sink_options(64, 48, 25);
    Planes red(3, 48, 64, 0.1F);
    std::fill_n(red.plane(0), red.plane_size(), 0.8F);
    try {
      const auto sink = open_sink(muxer + ":" + folder / name, options);
      for (int n = 0; n < 5; ++n) sink->write(red);
      sink->finish();
    } catch (const Error& e) {
      GTEST_LOG_(INFO) << target << ": " << e.what();  // an encoder that this FFmpeg lacks
      continue;
    }
    SCOPED_TRACE(target);
    expect_patch(read_all(folder / name).back(), 32, 24, {204, 25.5, 25.5}, 4);
    // and as FFmpeg itself sees it
    const std::string seen = folder / "seen.rgb";
    const std::string line =
        "ffmpeg -v error -y -i '" + folder / name + "' -frames:v 1 -f rawvideo -pix_fmt rgb24 '" + seen + "'";
    if (std::system(line.c_str()) != 0) continue;  // NOLINT(concurrency-mt-unsafe)
    const std::vector<uint8_t> bytes = read_file(seen, 1 << 20);
    const size_t at = (24 * 64 + 32) * 3;
    ASSERT_GT(bytes.size(), at + 2);
    EXPECT_NEAR(bytes[at], 204, 5);
    EXPECT_NEAR(bytes[at + 1], 25, 5);
  }
}

// --- Time -------------------------------------------------------------------------------------------------

TEST(EvenRate, KeepsTheHeadersWhereNothingIsLost) {
  std::vector<double> film;
  for (int n = 0; n < 100; ++n)
    film.push_back(std::round(n * 1000 / 23.976) / 1000);  // in milliseconds, as in mkv
  EXPECT_EQ(ffmpeg::even_rate(film, 0, 23.976).rate, 23.976);
  film.erase(film.begin() + 20, film.begin() + 40);  // a held picture loses none
  EXPECT_EQ(ffmpeg::even_rate(film, 0, 23.976).rate, 23.976);
  EXPECT_EQ(ffmpeg::even_rate({}, 0, 25).rate, 25);
}

TEST(EvenRate, ShowsBurstsAndHeldPictures) {
  std::vector<double> held;
  for (int n = 0; n < 10; ++n) held.push_back(n * 0.05);
  EXPECT_EQ(ffmpeg::even_rate(held, 0, 10 / 2.45).rate, 20);  // ten pictures in 0.5 s, the last held for 2 s
  const std::vector<double> burst = {0, 1, 1.01, 1.02, 2, 3};
  const ffmpeg::EvenRate rate = ffmpeg::even_rate(burst, 0, 2);
  EXPECT_EQ(rate.lost, 0U);
  EXPECT_LE(rate.rate, 100);
  const ffmpeg::EvenRate twins = ffmpeg::even_rate({0, 1, 1, 2}, 0, 1);
  EXPECT_EQ(twins.lost, 1U);
  EXPECT_EQ(twins.rate, 1);  // more would not help
  // Only what is shown counts
  EXPECT_EQ(ffmpeg::even_rate(burst, 1.5, 2).rate, 2);
}

TEST(PeoplesVideo, JoinedTransportStreamsAreReadToTheEnd) {
  const TempFolder folder;
  write_greys("mpegts:" + folder / "one.ts", 20, sink_options(32, 32, 25));
  const std::vector<uint8_t> one = read_file(folder / "one.ts", 1 << 24);
  std::vector<uint8_t> two = one;
  two.insert(two.end(), one.begin(), one.end());
  write_file(folder / "two.ts", two);
  const std::vector<Planes> frames = read_all(folder / "two.ts");
  ASSERT_EQ(frames.size(), 40U);
  EXPECT_EQ(greys(frames, 20)[19], 19);
  EXPECT_EQ(greys(frames, 20)[20], 0);
  EXPECT_EQ(greys(frames, 20)[39], 19);
  SourceOptions late;
  late.start = 1.2;  // in the second part, where the file's clock says 0.4 s
  EXPECT_EQ(greys(read_all(folder / "two.ts", late), 20).at(0), 10);
}

// Parts that overlap in the file: the second begins with sound while pictures of the first are still to come.
TEST(PeoplesVideo, JoinsBetweenSoundAndPicturesLeaveNoHole) {
  const TempFolder folder;
  const std::string file = folder / "one.ts";
  const std::string line =
      "ffmpeg -v error -y -f lavfi -i testsrc2=s=32x32:d=4:r=25 -f lavfi -i sine=d=4 -c:v libx264 -g 12 -bf "
      "2 "
      "-c:a mp2 '" +
      file + "'";
  if (std::system(line.c_str()) != 0) GTEST_SKIP() << "no ffmpeg";  // NOLINT(concurrency-mt-unsafe)
  const std::vector<uint8_t> one = read_file(file, 1 << 24);
  constexpr size_t kPacket = 188;
  for (const auto& [to, from] : {std::pair(0.6, 0.1), {0.5, 0.1}, {0.8, 0.2}}) {
    const auto place = [&](double share) {
      return static_cast<size_t>(share * static_cast<double>(one.size() / kPacket)) * kPacket;
    };
    std::vector<uint8_t> cut(one.begin(), one.begin() + static_cast<ptrdiff_t>(place(to)));
    cut.insert(cut.end(), one.begin() + static_cast<ptrdiff_t>(place(from)), one.end());
    write_file(folder / "cut.ts", cut);
    testing::internal::CaptureStderr();
    const double seconds =
        static_cast<double>(read_all(folder / "cut.ts").size()) / open_source(folder / "cut.ts")->info().fps;
    testing::internal::GetCapturedStderr();
    EXPECT_NEAR(seconds, 4 * (to + 1 - from), 0.8) << to << " " << from;
  }
}

TEST(PeoplesVideo, SoundGoesOnInEveryPassOfALoop) {
  const TempFolder folder;
  for (const char* name : {"x.ts", "x.mpg", "x.ogv", "x.mkv"}) {
    const std::string file = folder / name;
    const std::string codecs =
        std::string(name) == "x.ogv" ? "-c:v libtheora -c:a libvorbis" : "-c:v mpeg2video -c:a mp2";
    const std::string line =
        "ffmpeg -v error -y -f lavfi -i testsrc2=s=32x32:d=2:r=25 -f lavfi -i sine=d=2 " + codecs + " '" +
        file + "'";
    if (std::system(line.c_str()) != 0) continue;  // NOLINT(concurrency-mt-unsafe)
    SoundReader sound(SinkOptions::Sound{file, 0.3, true}, 25);
    std::vector<float> samples(static_cast<size_t>(SoundReader::kRate) * 7);
    ASSERT_EQ(sound.read(samples), samples.size()) << name;
    double power = 0;
    for (size_t i = samples.size() - SoundReader::kRate; i < samples.size(); ++i)
      power += std::abs(samples[i]);
    EXPECT_GT(power / SoundReader::kRate, 0.02) << name;
  }
}

// H.264 with B-frames in AVI: packets without times of their own, half as long as they should be.
TEST(PeoplesVideo, EveryPictureOfAnAviIsShown) {
  const TempFolder folder;
  const std::string line = "cd '" + folder / "" +
                           "' && ffmpeg -v error -y -f lavfi -i "
                           "\"nullsrc=s=32x32:r=25:d=2,format=yuv420p,geq=lum='16+mod(N*4,216)':cb=128:cr="
                           "128\" -c:v libx264 -g 12 -bf 2 "
                           "x.mp4 && ffmpeg -v error -y -i x.mp4 -c copy x.avi";
  if (std::system(line.c_str()) != 0) GTEST_SKIP() << "no ffmpeg";  // NOLINT(concurrency-mt-unsafe)
  std::set<long> seen;
  for (const Planes& p : read_all(folder / "x.avi")) seen.insert(std::lround(p.at(0, 16, 16) * 219 / 4));
  EXPECT_EQ(seen.size(), 50U);
}

TEST(PeoplesVideo, AlphaThatFadesInIsUsedFromTheBeginning) {
  const TempFolder folder;
  const std::string line =
      "ffmpeg -v error -y -f lavfi -i color=c=0xC86432:s=32x32:r=25:d=1,format=bgra,fade=in:0:12:alpha=1 "
      "-c:v huffyuv '" +
      folder / "x.avi" + "'";
  if (std::system(line.c_str()) != 0) GTEST_SKIP() << "no ffmpeg";  // NOLINT(concurrency-mt-unsafe)
  const std::vector<Planes> frames = read_all(folder / "x.avi");
  EXPECT_LT(frames.at(0).at(0, 16, 16), 0.05);
  EXPECT_NEAR(frames.at(20).at(0, 16, 16) * 255, 200, 2);
}

TEST(PeoplesVideo, AGifIsNeverFasterThanPlayersShow) {
  const TempFolder folder;
  for (const double fps : {25.0, 50.0, 60.0, 120.0, 240.0}) {
    testing::internal::CaptureStderr();
    write_greys(folder / "x.gif", static_cast<int>(fps), sink_options(16, 16, fps));
    EXPECT_EQ(testing::internal::GetCapturedStderr().find("at most 50") != std::string::npos, fps > 50)
        << fps;
    ffmpeg::Input input = ffmpeg::Input::open(folder / "x.gif");
    const std::optional<ffmpeg::Timing> timing = input.timing(0, true);
    ASSERT_TRUE(timing);
    EXPECT_EQ(timing->times.size(), static_cast<size_t>(std::min(fps, 50.0))) << fps;
    EXPECT_NEAR(timing->end, 1, 0.021) << fps;
    for (size_t n = 1; n < timing->times.size(); ++n)
      EXPECT_GE(timing->times[n] - timing->times[n - 1], 0.02 - 1e-9) << fps << " " << n;
  }
}

// --- Names ------------------------------------------------------------------------------------------------

TEST(PeoplesNames, PercentAndStarMeanThemselvesInANameThatExists) {
  const TempFolder folder;
  for (const char* name : {"50%d.png", "a*b.png", "what?.png", "[x].png", "%04d.png"}) {
    write_picture(folder / name, Planes(3, 4, 6, 0.5F));
    EXPECT_EQ(read_picture(folder / name).width(), 6) << name;
    EXPECT_EQ(open_source(folder / name)->info().width, 6) << name;
  }
  EXPECT_EQ(open_source(folder / "")->info().frames, 5);
}

TEST(PeoplesNames, FileAddressesAreFiles) {
  const TempFolder folder;
  write_greys(folder / "a b.mkv", 3, sink_options(16, 12, 10));
  for (const std::string& spec : {"file://" + folder / "a b.mkv", "file://" + folder / "a%20b.mkv",
                                  "file://localhost" + folder / "a b.mkv", "file:" + folder / "a b.mkv"}) {
    EXPECT_EQ(read_all(spec).size(), 3U) << spec;
    EXPECT_FALSE(is_address(spec)) << spec;
  }
  for (const std::string& spec :
       {"cache:file://" + folder / "a b.mkv", "subfile,,start,0,end,0,,:file://" + folder / "a b.mkv",
        "concat:file://" + folder / "a b.mkv"}) {
    EXPECT_THROW(open_source(spec), Error) << spec;
  }
}

// Whatever a file is called, it is not overwritten while it is read.
TEST(PeoplesNames, AnOutputNeverReplacesItsInput) {
  namespace fs = std::filesystem;
  const TempFolder folder;
  const std::string file = folder / "x.mp4";
  std::ofstream(file) << "not empty";
  std::ofstream(folder / "other.mp4") << "not empty";
  fs::create_symlink(file, folder / "link.mp4");
  fs::create_hard_link(file, folder / "hard.mp4");
  fs::create_directory(folder / "sub");
  const int open = ::open(file.c_str(), O_RDONLY | O_CLOEXEC);
  const std::string descriptor = "/dev/fd/" + std::to_string(open);
  for (const std::string& name :
       {file, "file:" + file, "file://" + file, "file://localhost" + file, folder / "link.mp4",
        folder / "hard.mp4", folder / "sub/../x.mp4", descriptor, "/proc/self/fd/" + std::to_string(open)}) {
    EXPECT_TRUE(sink_replaces(file, name)) << name;
    EXPECT_TRUE(sink_replaces("mp4:" + file, name)) << name;
    EXPECT_TRUE(sink_replaces("mp4:file://" + file, name)) << name;
    EXPECT_TRUE(sink_replaces("mp4:" + descriptor, name)) << name;
    EXPECT_FALSE(sink_replaces(folder / "other.mp4", name)) << name;
    EXPECT_FALSE(sink_replaces("null:", name)) << name;
  }
  ::close(open);
  EXPECT_FALSE(sink_replaces(file, "http://example.org/x.mp4"));
  EXPECT_FALSE(sink_replaces(folder / "new.mp4", "test:testsrc2"));
  EXPECT_FALSE(sink_replaces(folder / "new.png", folder / "a*b.png"));
  write_picture(folder / "00003.png", Planes(3, 4, 4, 0.5F));
  write_picture(folder / "a*b.png", Planes(3, 4, 4, 0.5F));
  EXPECT_FALSE(sink_replaces(folder / "00003.png", folder / "a*b.png"));
  EXPECT_TRUE(sink_replaces("image2:" + folder / "%05d.png", folder / ""));
  EXPECT_TRUE(sink_replaces("file:" + folder / "%05d.png", folder / ""));
  EXPECT_FALSE(sink_replaces("image2:" + folder / "new/%05d.png", folder / ""));
  const int own = ::open((folder / "00003.png").c_str(), O_RDWR | O_CLOEXEC);
  EXPECT_TRUE(sink_replaces("matroska:pipe:" + std::to_string(own), folder / "00003.png"));
  ::close(own);
  fs::create_symlink(folder / "00003.png", folder / "sub/face.png");
  EXPECT_TRUE(sink_replaces(folder / "%05d.png", folder / "sub/face.png"));
}

// To where there is no way back, MP4 is written in fragments.
TEST(PeoplesNames, APipeIsWritten) {
  for (const char* muxer : {"mp4", "mov", "matroska", "gif", "mpegts"}) {
    const TempFolder folder;
    ASSERT_EQ(::mkfifo((folder / "pipe").c_str(), 0600), 0);
    std::thread reader([&] { write_file(folder / "copy", read_whole(folder / "pipe")); });
    write_greys(std::string(muxer) + ":" + folder / "pipe", 12, sink_options(32, 24, 12));
    reader.join();
    EXPECT_EQ(read_all(folder / "copy").size(), 12U) << muxer;
    EXPECT_EQ(folder.names().size(), 2U);
  }
}

TEST(PeoplesNames, APipeIsReadOnceWithItsSound) {
  const TempFolder folder;
  ASSERT_EQ(::mkfifo((folder / "pipe").c_str(), 0600), 0);
  write_greys(folder / "x.mkv", 12, sink_options(32, 24, 12));
  const auto feed = [&] {
    const std::vector<uint8_t> bytes = read_file(folder / "x.mkv", 1 << 24);
    std::ofstream(folder / "pipe", std::ios::binary)
        .write(reinterpret_cast<const char*>(bytes.data()), static_cast<std::streamsize>(bytes.size()));
  };
  std::thread writer(feed);
  SourceOptions options;
  options.start = 0.5;
  const auto source = open_source(folder / "pipe", options);
  EXPECT_TRUE(source->info().once);
  std::vector<Planes> frames;
  for (Planes p; source->read(p);) frames.push_back(p);
  writer.join();
  ASSERT_EQ(frames.size(), 6U);
  EXPECT_EQ(greys(frames, 12)[0], 6);
}

// --- Pictures ---------------------------------------------------------------------------------------------

std::vector<uint8_t> bytes_of(const std::string& text) {
  return {text.begin(), text.end()};
}

std::string tiff_header(int orientation, bool big) {
  using namespace std::string_literals;
  const char tag = static_cast<char>(orientation);
  return big ? "MM\0*\0\0\0\x08\0\x01\x01\x12\0\x03\0\0\0\x01\0"s + tag + "\0\0\0\0\0\0"s
             : "II*\0\x08\0\0\0\x01\0\x12\x01\x03\0\x01\0\0\0"s + tag + "\0\0\0\0\0\0\0"s;
}

TEST(Exif, OrientationOfPngWebpAndTiff) {
  using namespace std::string_literals;
  for (const bool big : {true, false}) {
    for (int tag = 1; tag <= 8; ++tag) {
      const std::string tiff = tiff_header(tag, big);
      const std::string size(1, static_cast<char>(tiff.size()));
      const std::string png = "\x89PNG\r\n\x1a\n\0\0\0\0skip....\0\0\0"s + size + "eXIf" + tiff + "....";
      const std::string webp = "RIFF....WEBPVP8X\x01\0\0\0xyEXIF"s + size + "\0\0\0"s + tiff;
      for (const std::string& file : {tiff, png, webp}) {
        EXPECT_EQ(exif_orientation(bytes_of(file)), tag);
        for (size_t cut = 0; cut < file.size(); ++cut) exif_orientation(bytes_of(file.substr(0, cut)));
      }
      // as FFmpeg turns a JPEG by the same tag: 6 is a quarter turn to the right
      if (tag == 6) {
        std::array<int32_t, 9> matrix{};
        av_display_rotation_set(matrix.data(), 90);
        EXPECT_EQ(ffmpeg::orientation_of_exif(6), ffmpeg::orientation_of(matrix.data()));
      }
    }
  }
  EXPECT_FALSE(exif_orientation(bytes_of(tiff_header(9, true))));
  EXPECT_FALSE(exif_orientation(bytes_of("GIF89a")));
  EXPECT_FALSE(exif_orientation({}));
}

TEST(Exif, Corpus) {
  replay_corpus("exif", [](const std::vector<uint8_t>& bytes, const std::string& file) {
    if (!exif_orientation(bytes)) throw Error("read", file, "it has no orientation");
  });
}

TEST(PeoplesPictures, BlackOnesAreStillPictures) {
  const TempFolder folder;
  write_picture(folder / "black.png", Planes(3, 6, 8, 0.0F));
  EXPECT_EQ(read_picture(folder / "black.png").at(0, 3, 3), 0);
  EXPECT_EQ(parse_picture(read_file(folder / "black.png", 1 << 20), "black.png").at(0, 3, 3), 0);
}

// --- ../shared/cases --------------------------------------------------------------------------------------

class Cases : public testing::Test {
 protected:
  void SetUp() override {
    if (!cases_folder()) GTEST_SKIP() << "no folder of cases";
  }
  static std::string path(const char* name) { return (*cases_folder() / name).string(); }
  static std::string why_not(const char* name) {
    try {
      read_picture(path(name));
    } catch (const Error& e) {
      return e.what();
    }
    return "it can be read";
  }
};

TEST_F(Cases, Colours) {
  const Planes hdr = read_all(path("01-hdr-pq.mp4")).at(4);
  expect_patch(hdr, 20, 60, {128, 128, 128}, 2);
  expect_patch(hdr, 60, 60, {192, 64, 48}, 2);
  expect_patch(hdr, 100, 60, {48, 160, 64}, 2);
  expect_patch(hdr, 140, 60, {255, 255, 255}, 2);
  expect_patch(read_picture(path("21-linear.exr")), 16, 16, {127, 127, 127}, 1);
  expect_patch(read_all(path("33-rgb32-alpha-zero.avi")).at(0), 16, 12, {200, 100, 50}, 1);
}

TEST_F(Cases, Times) {
  const auto frames = [](const char* name) { return read_all(path(name)).size(); };
  const auto gif = open_source(path("04-held-last-frame.gif"));
  EXPECT_EQ(gif->info().fps, 20);
  const std::vector<Planes> shown = read_all(path("04-held-last-frame.gif"));
  EXPECT_EQ(shown.size(), 49U);
  size_t different = 1;
  for (size_t n = 1; n < shown.size(); ++n) different += shown[n].data() == shown[n - 1].data() ? 0 : 1;
  EXPECT_EQ(different, 10U);
  EXPECT_EQ(frames("07-duration-too-short.mkv"), 50U);
  EXPECT_EQ(frames("08-ts-joined-twice.ts"), 50U);
  SourceOptions late;
  late.start = 2;
  const Planes second = read_all(path("10-ts-one-keyframe.ts"), late).at(0);
  const std::vector<Planes> all = read_all(path("10-ts-one-keyframe.ts"));
  EXPECT_TRUE(second.data() == all.at(50).data());
}

TEST_F(Cases, Pictures) {
  EXPECT_EQ(open_source(path("13-fifty%d.png"))->info().width, 96);
  EXPECT_NE(why_not("14-jpeg-in.tif").find("does not support this kind of tiff"), std::string::npos);
  EXPECT_NE(why_not("16-lab.tif").find("does not support this kind of tiff"), std::string::npos);
  const std::string webp = why_not("17-animated.webp");
  EXPECT_TRUE(webp.find("animated WebP") != std::string::npos || webp == "it can be read") << webp;
  const Planes turned = read_picture(path("19-exif6.png"));
  EXPECT_EQ(turned.width(), 96);
  EXPECT_EQ(turned.height(), 64);
}

// How much a picture differs from itself with every other line replaced by the mean of its neighbours.
double comb(const Planes& p) {
  double sum = 0;
  for (int y = 1; y + 1 < p.height(); ++y) {
    for (int x = 0; x < p.width(); ++x)
      sum += std::abs(p.at(1, y, x) - (p.at(1, y - 1, x) + p.at(1, y + 1, x)) / 2);
  }
  return sum * 255 / static_cast<double>(p.plane_size());
}

TEST_F(Cases, InterlacedVideoHasNoComb) {
  const auto worst = [](Deinterlace mode) {
    SourceOptions options;
    options.deinterlace = mode;
    double most = 0;
    const std::vector<Planes> frames = read_all(path("20-interlaced.mpg"), options);
    EXPECT_EQ(frames.size(), 15U);
    for (const Planes& p : frames) most = std::max(most, comb(p));
    return most;
  };
  const double stored = worst(Deinterlace::kOff);
  EXPECT_LT(worst(Deinterlace::kAuto), stored / 3);
  EXPECT_EQ(worst(Deinterlace::kAuto), worst(Deinterlace::kOn));
}

}  // namespace
}  // namespace reverie
