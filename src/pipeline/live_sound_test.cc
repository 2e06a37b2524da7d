// Sets that are recorded with their sound.
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <thread>
#include <vector>

#include "core/test_help.h"
#include "media/sound_reader.h"
#include "media/source.h"
#include "pipeline/live.h"
#include "pipeline/replay.h"

namespace reverie {
namespace {

using Clock = std::chrono::steady_clock;
using std::chrono::milliseconds;

constexpr double kFps = 40, kMillisecond = 0.001;

class RecordedSound : public testing::Test {
 protected:
  std::string file(const std::string& name) const { return (folder_.path() / name).string(); }

  // Lets its input through.
  LiveRequest request() const {
    LiveRequest r;
    r.chain = Chain(Preset("grade"));
    r.width = 48;
    r.height = 32;
    r.fps = kFps;
    r.threads = 1;
    r.seconds = 4;
    return r;
  }

  // Seconds at which something clicks, or flashes.
  static std::vector<double> clicks(const std::string& file) {
    SoundReader sound({file});
    std::vector<float> samples(kSoundRate * 10);
    samples.resize(sound.read(samples));
    std::vector<double> found;
    for (size_t i = 0; i < samples.size(); ++i) {
      if (samples[i] < 0.2F) continue;
      const auto end = samples.begin() + static_cast<std::ptrdiff_t>(std::min(i + 200, samples.size()));
      const auto loudest = std::max_element(samples.begin() + static_cast<std::ptrdiff_t>(i), end);
      found.push_back(static_cast<double>(loudest - samples.begin()) / kSoundRate);
      i += 4000;
    }
    return found;
  }
  static std::vector<double> flashes(const std::string& file) {
    const auto source = open_source(file);
    std::vector<double> found;
    int64_t n = 0;
    for (Planes p; source->read(p); ++n) {
      if (p.at(0, 16, 24) > 0.5F) found.push_back(static_cast<double>(n) / source->info().fps);
    }
    return found;
  }
  // A file of three seconds that flashes and clicks together, each half second from 0.25 s on.
  void write_clip(const std::string& name) const {
    SinkOptions options = sink_options(48, 32, kFps);
    options.comes_with_sound = true;
    const auto sink = open_sink(name, options);
    for (int n = 0; n < 120; ++n) {
      const bool flash = n % 20 == 10;
      std::vector<float> sound(kSoundRate / 40 * kSoundChannels);
      if (flash) std::fill_n(sound.begin(), 2 * kSoundChannels, 0.9F);
      sink->write_sound(sound);
      sink->write(Planes(3, 32, 48, flash ? 1.0F : 0.0F));
    }
    sink->finish();
  }

  TemporaryFolder folder_;
};

void expect_together(const std::vector<double>& a, const std::vector<double>& b, size_t least) {
  ASSERT_EQ(a.size(), b.size());
  EXPECT_GE(a.size(), least);
  for (size_t i = 0; i < a.size(); ++i)
    EXPECT_LT(std::abs(a[i] - b[i]), kMillisecond) << a[i] << ", " << b[i];
}

TEST_F(RecordedSound, OfTheInputIsInTimeWithItsPictures) {
  write_clip(file("clip.mkv"));
  expect_together(flashes(file("clip.mkv")), clicks(file("clip.mkv")), 6);
  LiveRequest r = request();
  r.input = file("clip.mkv");
  r.also = {file("whole.mkv")};
  LiveSet set(r);
  std::this_thread::sleep_for(milliseconds(700));
  set.start_recording(file("part.mkv"));
  set.start_recording(file("part.mp4"));
  std::this_thread::sleep_for(milliseconds(2500));
  set.stop_recordings();
  set.wait();
  expect_together(flashes(file("whole.mkv")), clicks(file("whole.mkv")), 7);
  expect_together(flashes(file("part.mkv")), clicks(file("part.mkv")), 4);
  expect_together(flashes(file("part.mp4")), clicks(file("part.mp4")), 4);
}

TEST_F(RecordedSound, OfTheInputGoesWhereItsPicturesGo) {
  write_clip(file("clip.mkv"));
  LiveRequest r = request();
  r.input = file("clip.mkv");
  r.play_input = PlayInput{.from = InputTime{InputTime::Kind::kSeconds, 1},
                           .to = InputTime{InputTime::Kind::kSeconds, 2}};
  r.also = {file("whole.mkv")};
  {
    LiveSet set(r);
    std::this_thread::sleep_for(milliseconds(1500));
    set.send(PlayInput::whole());
    set.send(PlayInput{.seek = InputTime()});
    set.wait();
  }
  expect_together(flashes(file("whole.mkv")), clicks(file("whole.mkv")), 6);
}

TEST_F(RecordedSound, OfAnInputAtAnotherSpeedIsSilent) {
  write_clip(file("clip.mkv"));
  LiveRequest r = request();
  r.input = file("clip.mkv");
  r.play_input = PlayInput{.speed = 0.5};
  r.seconds = 3;
  r.also = {file("whole.mkv")};
  {
    LiveSet set(r);
    std::this_thread::sleep_for(milliseconds(1500));
    set.send(PlayInput{.speed = 1});
    set.wait();
  }
  const std::vector<double> flashed = flashes(file("whole.mkv")), heard = clicks(file("whole.mkv"));
  ASSERT_GE(heard.size(), 2U);
  EXPECT_GT(heard.front(), 1.4);
  for (const double click : heard) {
    EXPECT_TRUE(std::any_of(flashed.begin(), flashed.end(), [&](double flash) {
      return std::abs(flash - click) < kMillisecond;
    })) << click;
  }
}

// Clicks each quarter of a second of the machine's clock, and is known 30 ms later.
class ClickingFeed final : public SoundFeed {
 public:
  bool listening() const override { return true; }
  size_t read(Clock::time_point from, std::span<float> out) override {
    const double begin = std::chrono::duration<double>(from.time_since_epoch()).count();
    const double until =
        std::chrono::duration<double>((Clock::now() - milliseconds(30)).time_since_epoch()).count();
    for (size_t i = 0; i < out.size() / kSoundChannels; ++i) {
      const double now = begin + static_cast<double>(i) / kSoundRate;
      if (now > until) return i;
      const double before = now - 1.0 / kSoundRate;
      const float v = std::floor(now * 4) > std::floor(before * 4) ? 0.9F : 0;
      std::fill_n(out.begin() + static_cast<std::ptrdiff_t>(i) * kSoundChannels, kSoundChannels, v);
    }
    return out.size() / kSoundChannels;
  }
};

TEST_F(RecordedSound, FromOutsideIsInTimeWithTheClockAndIsMadeAgain) {
  ClickingFeed feed;
  LiveRequest r = request();
  r.input = "test:testsrc2";
  r.feed = &feed;
  r.also = {file("whole.mkv")};
  r.session = file("a.session");
  r.keep_input = true;
  double origin = 1e300;  // of the set's clock; an engine that waits begins a frame late, but never early
  r.signals = [&](double seconds, const Signals& s) {
    if (seconds > 0)
      origin =
          std::min(origin, std::chrono::duration<double>(Clock::now().time_since_epoch()).count() - seconds);
    return s;
  };
  {
    LiveSet set(r);
    set.wait();
  }
  const std::vector<double> heard = clicks(file("whole.mkv"));
  EXPECT_GE(heard.size(), 15U);
  for (const double at : heard) {
    const double quarters = (origin + at) * 4;
    EXPECT_LT(std::abs(quarters - std::round(quarters)) / 4, kMillisecond) << at;
  }
  EXPECT_EQ(clicks(file("a.session.sound.mka")), heard);
  ReplayRequest again{read_session(file("a.session")), file("again.mkv")};
  again.quiet = true;
  replay(again);
  EXPECT_EQ(clicks(file("again.mkv")), heard);
  const auto live = open_source(file("whole.mkv")), same = open_source(file("again.mkv"));
  int64_t frames = 0;
  for (Planes a, b; live->read(a) && same->read(b); ++frames) ASSERT_EQ(a.data(), b.data()) << frames;
  EXPECT_GT(frames, 100);
}

TEST_F(RecordedSound, WhereThereIsNoneARecordingHasNoSound) {
  LiveRequest r = request();
  r.input = "test:testsrc2";
  r.seconds = 0.5;
  r.also = {file("whole.mkv")};
  {
    LiveSet set(r);
    set.wait();
  }
  EXPECT_FALSE(open_source(file("whole.mkv"))->info().has_sound);
}

}  // namespace
}  // namespace reverie
