#include "media/sink.h"

#include <gtest/gtest.h>
#include <sys/resource.h>

#include <cmath>
#include <csignal>
#include <fstream>
#include <limits>

#include "core/error.h"
#include "core/file.h"
#include "core/random.h"
#include "media/devices.h"
#include "media/input.h"
#include "media/media_testing.h"
#include "media/picture.h"
#include "media/probe.h"

namespace reverie {
namespace {

using testing_media::read_all;
using testing_media::TempFolder;

constexpr float kCode = 1.0F / 255.0F;

Planes noise(int height, int width, uint64_t seed) {
  Planes p(3, height, width);
  Random random(seed);
  for (float& v : p.data()) v = static_cast<float>(random.uniform());
  return p;
}

Planes ramp(int height, int width) {
  Planes p(3, height, width);
  for (int c = 0; c < 3; ++c) {
    for (int y = 0; y < height; ++y) {
      for (int x = 0; x < width; ++x) p.at(c, y, x) = static_cast<float>(x) / static_cast<float>(width - 1);
    }
  }
  return p;
}

float largest_difference(const Planes& a, const Planes& b) {
  EXPECT_TRUE(a.same_shape(b));
  float most = 0;
  for (size_t i = 0; i < a.data().size(); ++i) most = std::max(most, std::abs(a.data()[i] - b.data()[i]));
  return most;
}

std::string message_of(const std::function<void()>& action) {
  try {
    action();
  } catch (const Error& e) {
    return e.what();
  }
  return "no error";
}

// 16 bit mono: silent but for a click of 10 ms at each of these seconds.
void write_wav(const std::string& path, double seconds, const std::vector<double>& clicks) {
  constexpr int kRate = 44100;
  std::vector<int16_t> samples(static_cast<size_t>(seconds * kRate));
  for (const double c : clicks) {
    for (int i = 0; i < kRate / 100; ++i) {
      samples[static_cast<size_t>(c * kRate) + static_cast<size_t>(i)] =
          static_cast<int16_t>(i / 20 % 2 == 0 ? 20000 : -20000);
    }
  }
  std::ofstream out(path, std::ios::binary);
  const auto number = [&](uint32_t v, int bytes) {
    for (int i = 0; i < bytes; ++i) out.put(static_cast<char>(v >> (8U * static_cast<unsigned>(i))));
  };
  const auto size = static_cast<uint32_t>(samples.size() * 2);
  out << "RIFF";
  number(36 + size, 4);
  out << "WAVEfmt ";
  number(16, 4);
  number(1, 2);
  number(1, 2);
  number(kRate, 4);
  number(2 * kRate, 4);
  number(2, 2);
  number(16, 2);
  out << "data";
  number(size, 4);
  out.write(reinterpret_cast<const char*>(samples.data()), static_cast<std::streamsize>(size));
}

struct Heard {
  std::vector<double> clicks;  // seconds
  double end = 0;
};
Heard listen(const std::string& path) {
  ffmpeg::Input input = ffmpeg::Input::open(path);
  const int stream = input.best(AVMEDIA_TYPE_AUDIO);
  Heard heard;
  if (stream < 0) return heard;
  ffmpeg::Decoder decoder(input, stream);
  const ffmpeg::FramePtr frame = ffmpeg::new_frame();
  while (decoder.read(input, *frame)) {
    EXPECT_TRUE(frame->format == AV_SAMPLE_FMT_FLTP || frame->format == AV_SAMPLE_FMT_S16);
    const double begin =
        static_cast<double>(frame->pts) * av_q2d(input.stream(stream).time_base) - input.origin();
    for (int i = 0; i < frame->nb_samples; ++i) {
      const double time = begin + static_cast<double>(i) / frame->sample_rate;
      const bool f = frame->format == AV_SAMPLE_FMT_FLTP;
      const double v = f ? reinterpret_cast<float*>(frame->data[0])[i]
                         : reinterpret_cast<int16_t*>(frame->data[0])[i] / 32768.0;
      const bool fresh = heard.clicks.empty() || time - heard.clicks.back() > 0.1;
      if (std::abs(v) > 0.2 && fresh) heard.clicks.push_back(time);
      heard.end = time;
    }
  }
  return heard;
}

TEST(Sink, MatroskaIsLosslessAtAnySize) {
  const TempFolder folder;
  SinkOptions options = sink_options(33, 17, 12.5);
  const std::unique_ptr<Sink> sink = open_sink(folder / "a.mkv", options);
  for (uint64_t n = 0; n < 5; ++n) sink->write(noise(17, 33, n));
  sink->finish();
  const std::vector<Planes> back = read_all(folder / "a.mkv");
  ASSERT_EQ(back.size(), 5U);
  for (uint64_t n = 0; n < 5; ++n)
    EXPECT_LT(largest_difference(back[n], noise(17, 33, n)), 0.5F * kCode + 1e-5F);
  EXPECT_EQ(probe(folder / "a.mkv").streams.at(0).fps, 12.5);
}

TEST(Sink, Mp4IsTaggedAndKeepsColours) {
  const TempFolder folder;
  const std::string path = folder / "a.mp4";
  std::unique_ptr<Sink> sink = open_sink(path, sink_options(256, 64, 30));
  Planes red(3, 64, 256);
  std::fill_n(red.plane(0), red.plane_size(), 0.8F);
  for (int n = 0; n < 6; ++n) sink->write(n < 3 ? ramp(64, 256) : red);
  sink->finish();
  sink.reset();
  EXPECT_EQ(folder.names(), std::vector<std::string>{"a.mp4"});
  const std::vector<Planes> back = read_all(path);
  ASSERT_EQ(back.size(), 6U);
  EXPECT_LT(mean_absolute_difference(back[0], ramp(64, 256)), 1.0 * kCode);
  EXPECT_LT(largest_difference(back[4], red), 3 * kCode);
  const ffmpeg::Input input = ffmpeg::Input::open(path);
  const AVCodecParameters& p = *input.stream(0).codecpar;
  EXPECT_EQ(p.codec_id, AV_CODEC_ID_H264);
  EXPECT_EQ(p.format, AV_PIX_FMT_YUV420P);
  EXPECT_EQ(p.color_range, AVCOL_RANGE_MPEG);
  EXPECT_EQ(p.color_space, AVCOL_SPC_BT709);
  EXPECT_EQ(p.color_primaries, AVCOL_PRI_BT709);
  EXPECT_EQ(p.color_trc, AVCOL_TRC_BT709);
}

// A fast start means that the index comes before the pictures.
TEST(Sink, Mp4StartsFast) {
  const TempFolder folder;
  testing_media::write_greys(folder / "a.mp4", 5, sink_options(64, 48, 30));
  const std::string bytes = read_text_file(folder / "a.mp4");
  ASSERT_NE(bytes.find("moov"), std::string::npos);
  EXPECT_LT(bytes.find("moov"), bytes.find("mdat"));
}

TEST(Sink, KeepsALongComment) {
  const TempFolder folder;
  SinkOptions options = sink_options(64, 48, 30);
  for (int i = 0; i < 8000; ++i) options.comment += "zoom = 1.01  # \"ä\"\n";
  options.title = "first light";
  for (const char* name : {"a.mp4", "a.mov", "a.mkv", "a.webm"}) {
    testing_media::write_greys(folder / name, 2, options);
    const MediaInfo info = probe(folder / name);
    EXPECT_TRUE(info.metadata.at("comment") == options.comment) << name;
    EXPECT_EQ(info.metadata.at("title"), options.title) << name;
  }
}

TEST(Sink, SameInSameOut) {
  const TempFolder folder;
  for (const std::string ending : {".mp4", ".webm", ".mkv", ".gif"}) {
    for (const char* name : {"a", "b"}) {
      const std::unique_ptr<Sink> sink = open_sink(folder / (name + ending), sink_options(96, 64, 30));
      for (uint64_t n = 0; n < 10; ++n) sink->write(noise(64, 96, n));
      sink->finish();
    }
    EXPECT_TRUE(read_file(folder / ("a" + ending), 1U << 24U) ==
                read_file(folder / ("b" + ending), 1U << 24U))
        << ending;
  }
}

TEST(Sink, EveryEndingHasRightLengthAndRate) {
  const TempFolder folder;
  for (const std::string ending : {".mp4", ".mov", ".m4v", ".webm", ".mkv", ".gif"}) {
    testing_media::write_greys(folder / ("a" + ending), 20, sink_options(64, 48, 20));
    SourceOptions options;
    options.fps = 20;
    const std::vector<int> found = testing_media::greys(read_all(folder / ("a" + ending), options), 20);
    ASSERT_EQ(found.size(), 20U) << ending;
    for (int n = 0; n < 20; ++n) EXPECT_EQ(found[static_cast<size_t>(n)], n) << ending;
  }
}

TEST(Sink, NumberedPicturesReadBackInOrder) {
  const TempFolder folder;
  testing_media::write_greys(folder / "f/%d.png", 12, sink_options(7, 5, 30));
  EXPECT_TRUE(std::filesystem::exists(folder / "f/12.png"));
  for (const char* spec : {"f", "f/%d.png", "f/*.png"}) {
    const std::vector<int> found = testing_media::greys(read_all(folder / spec), 12);
    ASSERT_EQ(found.size(), 12U) << spec;
    for (int n = 0; n < 12; ++n) EXPECT_EQ(found[static_cast<size_t>(n)], n) << spec;
  }
  testing_media::write_greys(folder / "g/", 2, sink_options(7, 5, 30));
  EXPECT_TRUE(std::filesystem::exists(folder / "g/00002.png"));
}

TEST(Sink, AHeldPictureIsThereAgain) {
  const TempFolder folder;
  const auto sink = open_sink(folder / "%d.png", sink_options(8, 8, 30));
  sink->hold(3);  // nothing yet
  sink->write(ramp(8, 8));
  sink->hold(2);
  sink->write(noise(8, 8, 1));
  sink->finish();
  const auto pictures = read_all(folder / "%d.png");
  ASSERT_EQ(pictures.size(), 4U);
  EXPECT_EQ(pictures[0].data(), pictures[2].data());
  EXPECT_NE(pictures[2].data(), pictures[3].data());
}

TEST(Sink, ADurableFileCanBePlayedBeforeItsEnd) {
  const TempFolder folder;
  for (const std::string ending : {".mp4", ".mov", ".webm", ".mkv"}) {
    SinkOptions options = sink_options(64, 48, 30);
    options.durable = true;
    const auto sink = open_sink(folder / ("a" + ending), options);
    for (uint64_t i = 0; i < 120; ++i) sink->write(noise(48, 64, i));
    std::filesystem::path partial;
    for (const auto& entry : std::filesystem::directory_iterator(folder / "")) {
      if (entry.path().extension() == ending) partial = entry.path();
    }
    const std::string copy = folder / ("copy" + ending);
    std::filesystem::copy_file(partial, copy);
    EXPECT_GE(read_all(copy).size(), 30U) << ending;
  }
}

TEST(Sink, OnePictureOfMany) {
  const TempFolder folder;
  testing::internal::CaptureStderr();
  testing_media::write_greys(folder / "a.png", 4, sink_options(8, 8, 30));
  const std::string said = testing::internal::GetCapturedStderr();
  EXPECT_EQ(std::count(said.begin(), said.end(), '\n'), 1) << said;
  EXPECT_FLOAT_EQ(read_picture(folder / "a.png").at(0, 0, 0), 0.2F);
}

TEST(Sink, ClipsWhatIsNoColour) {
  const TempFolder folder;
  Planes p(3, 2, 2, 0.5F);
  p.at(0, 0, 0) = std::numeric_limits<float>::quiet_NaN();
  p.at(0, 0, 1) = std::numeric_limits<float>::infinity();
  p.at(0, 1, 0) = -3;
  write_picture(folder / "a.png", p);
  const Planes back = read_picture(folder / "a.png");
  EXPECT_EQ(back.at(0, 0, 0), 0);
  EXPECT_EQ(back.at(0, 0, 1), 1);
  EXPECT_EQ(back.at(0, 1, 0), 0);
}

TEST(Sink, JpegKeepsColours) {
  const TempFolder folder;
  Planes p(3, 32, 32);
  std::fill_n(p.plane(0), p.plane_size(), 0.9F);
  std::fill_n(p.plane(2), p.plane_size(), 0.3F);
  write_picture(folder / "a.jpg", p);
  EXPECT_LT(largest_difference(read_picture(folder / "a.jpg"), p), 3 * kCode);
}

TEST(Sink, RefusesWithAReason) {
  const TempFolder folder;
  const auto opening = [&](const std::string& target, int width) {
    return message_of([&] { open_sink(target, sink_options(width, 48, 30)); });
  };
  EXPECT_NE(opening(folder / "a.mp5", 64).find("did you mean '.mp4'"), std::string::npos);
  EXPECT_NE(opening(folder / "a", 64).find(".webm"), std::string::npos);
  EXPECT_NE(opening(folder / "a.mp4", 63).find("64x48"), std::string::npos);
  EXPECT_NE(opening("http://example.org/a", 64).find("mpegts:"), std::string::npos);
  EXPECT_NE(opening("v4l2:/dev/no-such-device", 64), "no error");
  EXPECT_EQ(sink_size_multiple("a.mp4"), 2);
  EXPECT_EQ(sink_size_multiple("a.MKV"), 1);
  EXPECT_EQ(sink_size_multiple("v4l2:/dev/video9"), 2);
  EXPECT_EQ(sink_size_multiple("out/"), 1);
  EXPECT_TRUE(folder.names().empty());
}

TEST(Sink, LeavesNothingUnfinished) {
  const TempFolder folder;
  for (const char* name : {"a.mp4", "a.mkv", "a.gif", "a.png"}) {
    const std::unique_ptr<Sink> sink = open_sink(folder / name, sink_options(64, 48, 30));
    sink->write(Planes(3, 48, 64));
  }
  EXPECT_TRUE(folder.names().empty());
  const std::unique_ptr<Sink> sink = open_sink(folder / "b.mp4", sink_options(64, 48, 30));
  EXPECT_NE(message_of([&] { sink->finish(); }).find("no pictures"), std::string::npos);
  EXPECT_NE(message_of([&] { sink->write(Planes(3, 10, 10)); }).find("3x48x64"), std::string::npos);
}

// No file may grow beyond this: what a writer sees when the disk is full.
TEST(Sink, FullDiskIsAnErrorAndLeavesNothing) {
  const TempFolder folder;
  rlimit before{};
  getrlimit(RLIMIT_FSIZE, &before);
  const auto handler = std::signal(SIGXFSZ, SIG_IGN);
  rlimit small = before;
  small.rlim_cur = 200000;
  setrlimit(RLIMIT_FSIZE, &small);
  for (const char* name : {"a.mp4", "a.mkv", "a.gif", "a.webm"}) {
    const std::string message = message_of([&] {
      const std::unique_ptr<Sink> sink = open_sink(folder / name, sink_options(256, 256, 30));
      for (uint64_t n = 0; n < 12; ++n) sink->write(noise(256, 256, n));
      sink->finish();
    });
    EXPECT_NE(message.find("cannot write"), std::string::npos) << name << ": " << message;
  }
  setrlimit(RLIMIT_FSIZE, &before);
  std::signal(SIGXFSZ, handler);
  EXPECT_TRUE(folder.names().empty());
}

TEST(Sound, ClicksStayInPlace) {
  const TempFolder folder;
  write_wav(folder / "s.wav", 5, {1.0, 2.5, 4.5});
  for (const char* name : {"a.mp4", "a.webm", "a.mkv", "a.mov"}) {
    SinkOptions options = sink_options(64, 48, 30);
    options.sound = SinkOptions::Sound{folder / "s.wav", 0.5, false};
    testing_media::write_greys(folder / name, 90, options);
    const Heard heard = listen(folder / name);
    ASSERT_EQ(heard.clicks.size(), 2U) << name;  // the third lies past the end of the pictures
    EXPECT_NEAR(heard.clicks[0], 0.5, 0.012) << name;
    EXPECT_NEAR(heard.clicks[1], 2.0, 0.012) << name;
    EXPECT_NEAR(heard.end, 3, 0.05) << name;
    EXPECT_NEAR(probe(folder / name).seconds.value(), 3, 1.0 / 30) << name;
  }
}

TEST(Sound, CopiedSoundStaysInPlaceToo) {
  const TempFolder folder;
  write_wav(folder / "s.wav", 5, {1.0, 2.5, 4.5});
  SinkOptions options = sink_options(64, 48, 30);
  options.sound = SinkOptions::Sound{folder / "s.wav", 0, false};
  testing_media::write_greys(folder / "a.mp4", 150, options);
  options.sound = SinkOptions::Sound{folder / "a.mp4", 0.5, false};
  const std::unique_ptr<Sink> sink = open_sink(folder / "b.mp4", options);
  EXPECT_NE(sink->description().find("copied (aac)"), std::string::npos) << sink->description();
  for (int n = 0; n < 90; ++n) sink->write(Planes(3, 48, 64));
  sink->finish();
  const Heard heard = listen(folder / "b.mp4");
  ASSERT_EQ(heard.clicks.size(), 2U);
  EXPECT_NEAR(heard.clicks[0], 0.5, 0.012);
  EXPECT_NEAR(heard.clicks[1], 2.0, 0.012);
  EXPECT_NEAR(heard.end, 3, 0.05);
}

TEST(Sound, LoopsWithItsVideo) {
  const TempFolder folder;
  write_wav(folder / "s.wav", 1.5, {0.5});
  SinkOptions options = sink_options(64, 48, 30);
  options.sound = SinkOptions::Sound{folder / "s.wav", 0, false};
  testing_media::write_greys(folder / "a.mp4", 60, options);  // 2 s of pictures, 1.5 s of sound
  options.sound = SinkOptions::Sound{folder / "a.mp4", 0.2, true};
  testing_media::write_greys(folder / "b.mp4", 180, options);
  const Heard heard = listen(folder / "b.mp4");
  ASSERT_EQ(heard.clicks.size(), 4U);
  for (size_t i = 0; i < 4; ++i) EXPECT_NEAR(heard.clicks[i], 0.3 + 1.8 * static_cast<double>(i), 0.015);
}

TEST(Sound, ShortSoundEndsAndBrokenSoundWarns) {
  const TempFolder folder;
  write_wav(folder / "s.wav", 1, {0.5});
  SinkOptions options = sink_options(64, 48, 30);
  options.sound = SinkOptions::Sound{folder / "s.wav", 0, false};
  testing_media::write_greys(folder / "a.mp4", 90, options);
  EXPECT_NEAR(listen(folder / "a.mp4").end, 1, 0.05);
  EXPECT_EQ(read_all(folder / "a.mp4").size(), 90U);

  std::ofstream(folder / "bad.wav") << "RIFFnonsense";
  options.sound->spec = folder / "bad.wav";
  testing::internal::CaptureStderr();
  testing_media::write_greys(folder / "b.mp4", 10, options);
  const std::string said = testing::internal::GetCapturedStderr();
  EXPECT_NE(said.find("no sound"), std::string::npos) << said;
  EXPECT_EQ(std::count(said.begin(), said.end(), '\n'), 1) << said;
  EXPECT_EQ(read_all(folder / "b.mp4").size(), 10U);
}

TEST(Sound, PicturesHaveNone) {
  const TempFolder folder;
  testing_media::write_greys(folder / "a.png", 1, sink_options(8, 8, 30));
  for (const std::string& spec : {folder / "a.png", std::string("test:testsrc2"), folder / ""}) {
    SinkOptions options = sink_options(64, 48, 30);
    options.sound = SinkOptions::Sound{spec, 0, true};
    testing::internal::CaptureStderr();
    testing_media::write_greys(folder / "b.mp4", 3, options);
    EXPECT_EQ(testing::internal::GetCapturedStderr(), "") << spec;
    EXPECT_EQ(probe(folder / "b.mp4").streams.size(), 1U) << spec;
  }
}

TEST(Devices, NamesEncodersWithTheirUse) {
  bool png = false;
  for (const EncoderInfo& e : list_encoders()) {
    EXPECT_FALSE(e.use.empty());
    if (e.name == "png") png = e.available;
  }
  EXPECT_TRUE(png);
  list_cameras();  // whatever cameras there are
}

// x264's AVX-512 code did not.
TEST(Sink, SmoothPicturesGiveTheSameH264EveryTime) {
  const TempFolder folder;
  std::vector<uint8_t> first;
  for (int run = 0; run < 12; ++run) {
    const std::string file = folder / "same.mp4";
    {
      const auto sink = open_sink(file, sink_options(32, 24, 30));
      Planes p(3, 24, 32);
      for (int frame = 0; frame < 45; ++frame) {
        for (size_t i = 0; i < p.data().size(); ++i) {
          const auto x = static_cast<float>(i);
          p.data()[i] = 0.5F + 0.4F * std::sin(0.1F * x + 0.2F * static_cast<float>(frame)) +
                        0.02F * Random(static_cast<uint64_t>(frame)).signed_at(i);
        }
        sink->write(p);
      }
      sink->finish();
    }
    const std::vector<uint8_t> bytes = read_file(file, 1U << 24U);
    if (run == 0) first = bytes;
    ASSERT_TRUE(bytes == first) << "run " << run;
  }
}

TEST(Sink, RoundedPicturesComeBackToTheBit) {
  const TempFolder folder;
  Planes p(3, 16, 32);
  for (size_t i = 0; i < p.data().size(); ++i) p.data()[i] = 0.5F + 0.6F * Random(1).signed_at(i);
  round_to_8_bit(p);
  for (const char* name : {"a.mkv", "a.png"}) {
    const auto sink = open_sink(folder / name, sink_options(32, 16, 25));
    sink->write(p);
    sink->finish();
    EXPECT_TRUE(read_all(folder / name).at(0).data() == p.data()) << name;
  }
}

}  // namespace
}  // namespace reverie
