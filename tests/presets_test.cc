// Every preset in the tree in motion: it loads, it moves, it still moves in its second minute, and it shows
// no checkerboard.
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <cstdlib>
#include <filesystem>
#include <optional>
#include <set>

#include "control/chain.h"
#include "control/chain_player.h"
#include "discover/spectrum.h"
#include "effects/effects.h"
#include "media/picture.h"
#include "media/source.h"

namespace reverie {
namespace {

namespace fs = std::filesystem;

constexpr int kWidth = 64;
constexpr int kHeight = 48;
constexpr int kFps = 30;

std::vector<std::string> preset_names() {
  std::vector<std::string> names;
  const fs::path root = std::getenv("REVERIE_ROOT") ? std::getenv("REVERIE_ROOT") : ".";
  for (const auto& entry : fs::directory_iterator(root / "presets")) {
    const std::string name = entry.path().stem().string();
    if (entry.path().extension() == ".toml" && !name.starts_with("_")) names.push_back(name);
  }
  std::sort(names.begin(), names.end());
  return names;
}

// Plays a preset frame by frame; presets that need an input see the test picture.
class Playing {
 public:
  Playing(const Chain& chain, int width, int height)
      : player_({width, height, 1, "auto", read_picture, nullptr}, chain) {
    if (chain.input() != InputNeed::kRequired) return;
    SourceOptions options;
    options.width = width;
    options.height = height;
    options.fps = kFps;
    source_ = open_source("test:testsrc2", options);
  }

  bool has_input() const { return source_ != nullptr; }

  void next(Planes& now) {
    const auto in_turn = [](const std::string& /*part*/, const std::function<void()>& work,
                            const Planes& /*result*/) { work(); };
    if (source_) source_->read(input_);
    const FrameTime time = {frame_, static_cast<double>(frame_) / kFps};
    player_.process({time, source_ ? &input_ : nullptr}, now, in_turn);
    ++frame_;
  }

 private:
  ChainPlayer player_;
  std::unique_ptr<Source> source_;
  Planes input_;
  int64_t frame_ = 0;
};

// Nothing where a part needs LibTorch.
std::optional<Chain> playable(const std::string& name) {
  Chain chain = load_chain(name);
  for (const Part& part : chain.parts) {
    if (find_effect(part.preset.effect).needs_torch) return {};
  }
  draw_seeds(chain, 1);
  return chain;
}

constexpr const char* kPlaysElsewhere = "plays in reverie-lab: tests/dream_command_test.cc";

class PresetInMotion : public testing::TestWithParam<std::string> {};

// Mean absolute change from frame to frame, in second 10 and in minute 2.
TEST_P(PresetInMotion, DoesNotSettleInTwoMinutes) {
  const std::optional<Chain> chain = playable(GetParam());
  if (!chain) GTEST_SKIP() << kPlaysElsewhere;
  Playing playing(*chain, kWidth, kHeight);
  Planes last;
  Planes now;
  double second10 = 0;
  double minute2 = 0;
  for (int frame = 0; frame < 120 * kFps; ++frame) {
    playing.next(now);
    const double change = frame > 0 ? mean_absolute_difference(now, last) : 0;
    if (frame >= 9 * kFps && frame < 10 * kFps) second10 += change / kFps;
    if (frame >= 60 * kFps) minute2 += change / (60 * kFps);
    std::swap(now, last);
  }
  RecordProperty("second10", std::to_string(second10));
  RecordProperty("minute2", std::to_string(minute2));
  // with an input it follows that, and the test picture is calm
  EXPECT_GT(second10, playing.has_input() ? 0.0005 : 0.002);
  EXPECT_GE(minute2, 0.5 * second10);
  // nor a single flat colour
  double mean = 0;
  for (size_t i = 0; i < last.plane_size(); ++i)
    mean += last.plane(1)[i] / static_cast<double>(last.plane_size());
  double square = 0;
  for (size_t i = 0; i < last.plane_size(); ++i)
    square += std::pow(last.plane(1)[i] - mean, 2) / static_cast<double>(last.plane_size());
  EXPECT_GT(std::sqrt(square), 0.03);
}

// Pixel for pixel, no more power at the highest frequencies than the trend of the rest leads one to expect
// (photographs and paintings: 0.3 to 1.3 of it); and from afar, the trend of pictures of nature.
TEST_P(PresetInMotion, HasANaturalSpectrum) {
  constexpr int kSide = 360;
  constexpr int kFar = 256;
  constexpr int kFrames = 60;
  static const std::set<std::string> kWoven = {"canvas", "loom", "tapestry"};  // their point
  const std::optional<Chain> chain = playable(GetParam());
  if (!chain) GTEST_SKIP() << kPlaysElsewhere;
  Playing playing(*chain, kSide, kSide);
  if (playing.has_input()) return;  // what comes in may have another
  Planes now;
  double grid = 0;
  double slope = 0;
  for (int frame = 1; frame <= kFrames; ++frame) {
    playing.next(now);
    if (frame % (kFrames / 3) != 0) continue;
    grid += spectrum_of(now, kSide).grid / 3;
    slope += spectrum_of(now, kFar).slope / 3;
  }
  RecordProperty("grid", std::to_string(grid));
  RecordProperty("slope", std::to_string(slope));
  if (!kWoven.contains(GetParam())) {
    EXPECT_LE(grid, 1.5);
  }
  EXPECT_GE(slope, -3.2);
  EXPECT_LE(slope, -1.6);
}

INSTANTIATE_TEST_SUITE_P(All, PresetInMotion, testing::ValuesIn(preset_names()), [](const auto& of) {
  std::string name = of.param;
  std::replace(name.begin(), name.end(), '-', '_');
  return name;
});

}  // namespace
}  // namespace reverie
