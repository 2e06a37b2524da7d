#include "media/sound_reader.h"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <cmath>
#include <cstdlib>
#include <fstream>

#include "core/error.h"
#include "core/test_help.h"
#include "media/media_testing.h"

namespace reverie {
namespace {

using testing_media::TempFolder;

constexpr int kRate = SoundReader::kRate;

// Makes the ffmpeg command write a file from an expression of time, as aevalsrc takes it.
void write_sound(const std::string& file, const std::string& expressions, int rate, double seconds,
                 const std::string& encoding = "") {
  const std::string line = fmt::format("ffmpeg -v error -y -f lavfi -i 'aevalsrc={}:s={}:d={}' {} '{}'",
                                       expressions, rate, seconds, encoding, file);
  ASSERT_EQ(std::system(line.c_str()), 0) << line;  // NOLINT(concurrency-mt-unsafe): one thread
}

std::vector<float> samples_of(SoundReader& reader, size_t piece = 4096, size_t most = 60 * kRate) {
  std::vector<float> all;
  std::vector<float> buffer(piece);
  for (size_t n = piece; n == piece && all.size() < most;) {
    n = reader.read(buffer);
    all.insert(all.end(), buffer.begin(), buffer.begin() + static_cast<std::ptrdiff_t>(n));
  }
  return all;
}

std::vector<float> samples_of(const std::string& file, double start = 0) {
  SoundReader reader({file, start, false});
  return samples_of(reader);
}

double rms(std::span<const float> samples) {
  double sum = 0;
  for (const float v : samples) sum += static_cast<double>(v) * v;
  return std::sqrt(sum / static_cast<double>(samples.size()));
}

int rises(std::span<const float> samples) {
  int n = 0;
  for (size_t i = 1; i < samples.size(); ++i) n += samples[i - 1] < 0 && samples[i] >= 0 ? 1 : 0;
  return n;
}

TEST(SoundReader, AnyRateChannelsAndFormat) {
  const TempFolder folder;
  const std::string tone = "0.5*sin(2*PI*440*t)";
  const struct {
    std::string file, expressions, encoding;
    int rate;
  } cases[] = {
      {"a.wav", tone, "-c:a pcm_s16le", 44100},
      {"b.wav", tone + "|" + tone, "-c:a pcm_f32le", 48000},
      {"c.wav", tone, "-c:a pcm_u8", 8000},
      {"d.flac", tone + "|" + tone, "", 96000},
      {"e.mka", tone + "|" + tone, "-c:a aac", 22050},
      {"f.wav", tone + "|" + tone + "|" + tone + "|0|" + tone + "|" + tone, "", 48000},  // 5.1
  };
  for (const auto& c : cases) {
    write_sound(folder / c.file, c.expressions, c.rate, 2, c.encoding);
    const std::vector<float> s = samples_of(folder / c.file);
    const double coded = c.file == "e.mka" ? 0.1 : 0.003;  // seconds: AAC fills its frames
    EXPECT_NEAR(static_cast<double>(s.size()) / kRate, 2, coded) << c.file;
    const std::span<const float> middle = std::span(s).subspan(kRate / 2, kRate);
    EXPECT_NEAR(rms(middle), 0.5 / std::sqrt(2), 0.01) << c.file;
    EXPECT_NEAR(rises(middle), 440, 2) << c.file;
  }
}

TEST(SoundReader, ChannelsAreAveraged) {
  const TempFolder folder;
  write_sound(folder / "a.wav", "0.8*sin(2*PI*300*t)|0", 48000, 1, "-c:a pcm_f32le");
  EXPECT_NEAR(rms(samples_of(folder / "a.wav")), 0.4 / std::sqrt(2), 0.01);
  write_sound(folder / "b.wav", "0.8*sin(2*PI*300*t)|-0.8*sin(2*PI*300*t)", 48000, 1);
  EXPECT_LT(rms(samples_of(folder / "b.wav")), 1e-3);
}

TEST(SoundReader, StartsAndLoopsWhereTheSinkDoes) {
  const TempFolder folder;
  write_sound(folder / "a.wav", R"(gte(t\,1)*0.5*sin(2*PI*300*t))", 44100, 1.5);
  const std::vector<float> whole = samples_of(folder / "a.wav");
  EXPECT_LT(rms(std::span(whole).first(kRate - 100)), 1e-3);
  const std::vector<float> late = samples_of(folder / "a.wav", 0.9);
  EXPECT_NEAR(static_cast<double>(late.size()), 0.6 * kRate, 100);
  EXPECT_LT(rms(std::span(late).first(kRate / 10 - 100)), 1e-3);
  EXPECT_GT(rms(std::span(late).subspan(kRate / 10 + 100, 1000)), 0.3);
  SoundReader loop({folder / "a.wav", 1, true});
  const std::vector<float> over = samples_of(loop, 1000, 3 * kRate);
  EXPECT_GE(over.size(), 3U * kRate);
  EXPECT_GT(rms(std::span(over).subspan(2 * kRate, kRate)), 0.3);
}

TEST(SoundReader, PiecesOfAnySizeGiveTheSame) {
  const TempFolder folder;
  write_sound(folder / "a.mka", "0.5*sin(2*PI*300*t)|0.1*random(0)", 44100, 1, "-c:a libopus -ar 48000");
  SoundReader by_one({folder / "a.mka", 0, false});
  SoundReader at_once({folder / "a.mka", 0, false});
  EXPECT_EQ(samples_of(by_one, 1), samples_of(at_once, 100000));
}

TEST(SoundReader, NoSoundIsAnError) {
  const TempFolder folder;
  testing_media::write_greys(folder / "a.mkv", 3, sink_options(16, 16, 25));
  EXPECT_EQ(message_of([&] { samples_of(folder / "a.mkv"); }),
            "cannot listen to " + (folder / "a.mkv") + ": it has no sound");
  std::ofstream(folder / "b.wav") << "no wave at all";
  EXPECT_NE(message_of([&] { samples_of(folder / "b.wav"); }).find("b.wav"), std::string::npos);
  EXPECT_NE(message_of([&] { samples_of(folder / "c.wav"); }).find("there is no such file"),
            std::string::npos);
  EXPECT_NE(message_of([&] { samples_of("test:testsrc2"); }).find("it has no sound"), std::string::npos);
}

TEST(SoundReader, RealFiles) {
  const auto data = testing_media::data_folder();
  if (!data) GTEST_SKIP() << "no shared data";
  EXPECT_GT(rms(samples_of((*data / "video_edge/audio_only.m4a").string())), 1e-3);
  const std::vector<float> cars = samples_of((*data / "video/cars_with_audio.mp4").string());  // it is silent
  EXPECT_NEAR(static_cast<double>(cars.size()) / kRate, 30.16, 0.05);
  EXPECT_NE(message_of([&] { samples_of((*data / "video_edge/random_bytes.mp4").string()); }), "");
}

}  // namespace
}  // namespace reverie
