// Every preset in the tree in motion: it loads, it moves, and it still moves in its second minute.
#include <gtest/gtest.h>

#include <cstdlib>
#include <filesystem>

#include "control/chain.h"
#include "control/chain_player.h"
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

class PresetInMotion : public testing::TestWithParam<std::string> {};

// Mean absolute change from frame to frame, in second 10 and in minute 2.
TEST_P(PresetInMotion, DoesNotSettleInTwoMinutes) {
  Chain chain = load_chain(GetParam());
  for (const Part& part : chain.parts) {
    if (find_effect(part.preset.effect).needs_torch)
      GTEST_SKIP() << "plays in reverie-lab: tests/dream_command_test.cc";
  }
  draw_seeds(chain, 1);
  ChainPlayer player({kWidth, kHeight, 1, "auto", read_picture, nullptr}, chain);
  std::unique_ptr<Source> source;
  if (chain.input() == InputNeed::kRequired) {
    SourceOptions options;
    options.width = kWidth;
    options.height = kHeight;
    options.fps = kFps;
    source = open_source("test:testsrc2", options);
  }
  const auto in_turn = [](const std::string& /*part*/, const std::function<void()>& work,
                          const Planes& /*result*/) { work(); };
  Planes input;
  Planes last;
  Planes now;
  double second10 = 0;
  double minute2 = 0;
  for (int frame = 0; frame < 120 * kFps; ++frame) {
    if (source) source->read(input);
    const FrameTime time = {frame, static_cast<double>(frame) / kFps};
    player.process({time, source ? &input : nullptr}, now, in_turn);
    const double change = frame > 0 ? mean_absolute_difference(now, last) : 0;
    if (frame >= 9 * kFps && frame < 10 * kFps) second10 += change / kFps;
    if (frame >= 60 * kFps) minute2 += change / (60 * kFps);
    std::swap(now, last);
  }
  RecordProperty("second10", std::to_string(second10));
  RecordProperty("minute2", std::to_string(minute2));
  EXPECT_GT(second10,
            source ? 0.0005 : 0.002);  // with an input it follows that, and the test picture is calm
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

INSTANTIATE_TEST_SUITE_P(All, PresetInMotion, testing::ValuesIn(preset_names()), [](const auto& of) {
  std::string name = of.param;
  std::replace(name.begin(), name.end(), '-', '_');
  return name;
});

}  // namespace
}  // namespace reverie
