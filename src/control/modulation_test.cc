#include "control/modulation.h"

#include <gtest/gtest.h>

#include "control/map_pictures.h"
#include "core/test_help.h"

namespace reverie {
namespace {

double wave_at(Wave shape, double turns) {
  return wave(shape, turns, Random(1));
}

TEST(Wave, KnownPoints) {
  const double sine[] = {0, 1, 0, -1, 0};
  const double triangle[] = {0, 1, 0, -1, 0};
  const double saw[] = {-1, -0.5, 0, 0.5, -1};
  const double square[] = {1, 1, -1, -1, 1};
  for (int i = 0; i < 5; ++i) {
    const double x = i * 0.25 - 2;  // negative times too
    EXPECT_NEAR(wave_at(Wave::kSine, x), sine[i], 1e-15) << x;
    EXPECT_EQ(wave_at(Wave::kTriangle, x), triangle[i]) << x;
    EXPECT_EQ(wave_at(Wave::kSaw, x), saw[i]) << x;
    EXPECT_EQ(wave_at(Wave::kSquare, x), square[i]) << x;
  }
}

TEST(Wave, SineIsTheSine) {
  for (int i = -1000; i <= 1000; ++i)
    EXPECT_NEAR(wave_at(Wave::kSine, i / 333.0), std::sin(2 * M_PI * i / 333.0), 5e-15);
}

TEST(Wave, HoldKeepsAValueForAPeriodAndSmoothJoinsThem) {
  const Random draws(5);
  for (const double n : {-3.0, 0.0, 7.0}) {
    const double here = wave(Wave::kHold, n, draws);
    EXPECT_EQ(wave(Wave::kHold, n + 0.99, draws), here);
    EXPECT_NE(wave(Wave::kHold, n + 1, draws), here);
    EXPECT_EQ(wave(Wave::kSmooth, n, draws), here);
    EXPECT_NEAR(wave(Wave::kSmooth, n + 0.5, draws), (here + wave(Wave::kHold, n + 1, draws)) / 2, 1e-12);
    EXPECT_NEAR(wave(Wave::kSmooth, n + 1 - 1e-9, draws), wave(Wave::kSmooth, n + 1, draws), 1e-7);
  }
  EXPECT_NE(wave(Wave::kHold, 0, draws), wave(Wave::kHold, 0, Random(6)));
  EXPECT_TRUE(std::isfinite(wave(Wave::kHold, 1e300, draws)));
}

// Values that another machine or compiler must meet to the bit.
TEST(Wave, TheSameOnEveryMachine) {
  EXPECT_EQ(wave_at(Wave::kSine, 0.1), 0x1.2cf2304755a5ep-1);
  EXPECT_EQ(wave_at(Wave::kHold, 3), -0x1.c7cf28p-2);
  EXPECT_EQ(wave_at(Wave::kSmooth, 3.25), -0x1.3a78e09p-2);
}

TEST(Wave, StaysWithinOne) {
  for (int i = 0; i < 10000; ++i) {
    for (int shape = 0; shape < static_cast<int>(wave_words().size()); ++shape)
      EXPECT_LE(std::abs(wave_at(static_cast<Wave>(shape), i * 0.01237)), 1);
  }
}

TEST(Ease, KnownPoints) {
  for (int e = 0; e < static_cast<int>(ease_words().size()); ++e) {
    EXPECT_EQ(ease(static_cast<Ease>(e), 0), 0);
    EXPECT_EQ(ease(static_cast<Ease>(e), 1), 1);
  }
  EXPECT_EQ(ease(Ease::kStep, 0.999), 0);
  EXPECT_EQ(ease(Ease::kLinear, 0.25), 0.25);
  EXPECT_EQ(ease(Ease::kSmooth, 0.25), 0.15625);
  EXPECT_EQ(ease(Ease::kIn, 0.25), 0.0625);
  EXPECT_EQ(ease(Ease::kOut, 0.25), 0.4375);
}

TEST(Keyframes, HoldBeforeAndAfterAndEaseBetween) {
  const Keyframes k{
      .parameter = "hue", .at = {1, 2, 4}, .value = {10, 20, 0}, .ease = {Ease::kStep, Ease::kLinear}};
  EXPECT_EQ(keyframe_value(k, -5), 10);
  EXPECT_EQ(keyframe_value(k, 1.99), 10);
  EXPECT_EQ(keyframe_value(k, 2), 20);
  EXPECT_EQ(keyframe_value(k, 3), 10);
  EXPECT_EQ(keyframe_value(k, 99), 0);
}

TEST(Keyframes, Repeat) {
  const Keyframes k{.parameter = "hue", .at = {1, 2, 3}, .value = {10, 20, 10}, .repeat = true};
  EXPECT_EQ(keyframe_value(k, 1.5), 15);
  EXPECT_EQ(keyframe_value(k, 3.5), 15);
  EXPECT_EQ(keyframe_value(k, 2002), 20);
  EXPECT_EQ(keyframe_value(k, 0.25), 17.5);  // backwards too
  const Keyframes one{.parameter = "hue", .at = {1}, .value = {5}, .repeat = true};
  EXPECT_EQ(keyframe_value(one, 7), 5);
}

TEST(MapPictures, Shapes) {
  for (const std::string& name : generated_map_names()) {
    const Planes p = generate_map(name, 1);
    ASSERT_EQ(p.channels(), 1);
    const auto [low, high] = std::minmax_element(p.data().begin(), p.data().end());
    EXPECT_EQ(*low, 0) << name;
    EXPECT_GT(*high, 0.99F) << name;
    EXPECT_LE(*high, 1) << name;
  }
  const Planes across = generate_map("horizontal", 1);
  EXPECT_EQ(across.at(0, 100, 0), 0);
  EXPECT_EQ(across.at(0, 100, 255), 1);
  EXPECT_EQ(generate_map("vertical", 1).at(0, 255, 3), 1);
  const Planes checker = generate_map("checker", 1);
  EXPECT_EQ(checker.at(0, 0, 0), 1);
  EXPECT_EQ(checker.at(0, 0, 32), 0);
  EXPECT_EQ(checker.at(0, 32, 32), 1);
  EXPECT_EQ(checker.at(0, 255, 255), 1);
  EXPECT_EQ(generate_map("radial", 1).at(0, 0, 0), 0);
  EXPECT_EQ(generate_map("noise", 1).data(), generate_map("noise", 1).data());
  EXPECT_NE(generate_map("noise", 1).data(), generate_map("noise", 2).data());
  EXPECT_NE(message_of([] { generate_map("radail", 1); }).find("did you mean 'radial'"), std::string::npos);
}

class AutomationTest : public testing::Test {
 protected:
  static Planes no_picture(const std::filesystem::path&) { throw Error("no picture expected"); }

  ParameterValues at(double seconds, const Planes* input = nullptr, uint64_t seed = 1) const {
    ParameterValues values(preset_.values.table());
    Automation(preset_, seed, no_picture).apply({0, seconds}, input, values);
    return values;
  }

  Preset preset_;
};

TEST_F(AutomationTest, WithoutModulationTheBaseHolds) {
  preset_.values.set("gain", 2.5);
  EXPECT_EQ(at(3).number("gain"), 2.5);
}

TEST_F(AutomationTest, LfoAddsToEachLevel) {
  preset_.values.set("hue", {10, 20});
  preset_.lfos.push_back({.parameter = "hue", .shape = Wave::kTriangle, .period = 4, .depth = 2});
  EXPECT_EQ(at(0).list("hue"), (std::vector<double>{10, 20}));
  EXPECT_EQ(at(1).list("hue"), (std::vector<double>{12, 22}));
  EXPECT_EQ(at(3).list("hue"), (std::vector<double>{8, 18}));
  preset_.lfos[0].phase = 0.25;
  EXPECT_EQ(at(0).list("hue"), (std::vector<double>{12, 22}));
}

TEST_F(AutomationTest, NamedLevelsLeaveTheOthersAlone) {
  preset_.lfos.push_back({.parameter = "hue", .shape = Wave::kSquare, .depth = 5, .levels = {0, 2}});
  EXPECT_EQ(at(0).list("hue"), (std::vector<double>{5, 0, 5, 0}));
  preset_.lfos[0].levels = {15};
  EXPECT_EQ(at(0).list("hue").size(), 16U);
}

TEST_F(AutomationTest, LfosAddUpOverKeyframesAndStayInRange) {
  preset_.keyframes.push_back({.parameter = "hue", .at = {0, 10}, .value = {0, 100}});
  preset_.lfos.push_back({.parameter = "hue", .shape = Wave::kSquare, .period = 100, .depth = 5});
  preset_.lfos.push_back({.parameter = "hue", .shape = Wave::kSquare, .period = 100, .depth = 7});
  EXPECT_EQ(at(5).number("hue"), 62);
  preset_.lfos[0].depth = 1000;
  EXPECT_EQ(at(5).number("hue"), 180);
}

TEST_F(AutomationTest, ChoicesAndWholeNumbersAreRounded) {
  preset_.keyframes.push_back({.parameter = "squash", .at = {0, 1}, .value = {0, 3}, .ease = {Ease::kStep}});
  preset_.lfos.push_back({.parameter = "view_level", .shape = Wave::kSaw, .period = 1, .depth = 3});
  EXPECT_EQ(at(0.5).integer("squash"), 0);
  EXPECT_EQ(at(1).integer("squash"), 3);
  EXPECT_EQ(at(0.9).number("view_level"), 2);
}

TEST_F(AutomationTest, IsAPureFunctionOfTime) {
  preset_.lfos.push_back({.parameter = "hue", .shape = Wave::kSmooth, .period = 0.7, .depth = 90});
  preset_.lfos.push_back(
      {.parameter = "zoom", .shape = Wave::kHold, .period = 0.3, .depth = 0.1, .levels = {1}});
  const Automation automation(preset_, 9, no_picture);
  ParameterValues there(preset_.values.table()), direct(preset_.values.table());
  for (int frame = 0; frame <= 50; ++frame) automation.apply({frame, frame / 30.0}, nullptr, there);
  Automation(preset_, 9, no_picture).apply({50, 50 / 30.0}, nullptr, direct);
  EXPECT_EQ(there.list("hue"), direct.list("hue"));
  EXPECT_EQ(there.list("zoom"), direct.list("zoom"));
}

TEST_F(AutomationTest, SeedsOfRandomWaves) {
  preset_.lfos.assign(2, {.parameter = "hue", .shape = Wave::kHold, .depth = 90, .levels = {0}});
  preset_.lfos[1].parameter = "shift_x";
  EXPECT_NE(at(0).number("hue"), at(0).number("shift_x"));  // each place its own draws
  EXPECT_NE(at(0, nullptr, 1).number("hue"), at(0, nullptr, 2).number("hue"));
  preset_.lfos[0].seed = preset_.lfos[1].seed = 4;
  EXPECT_EQ(at(0).number("hue"), at(0).number("shift_x"));
  EXPECT_EQ(at(0, nullptr, 1).number("hue"), at(0, nullptr, 2).number("hue"));
}

TEST_F(AutomationTest, TheBaseMayBeChanged) {
  preset_.lfos.push_back({.parameter = "hue", .shape = Wave::kSquare, .depth = 5});
  Automation automation(preset_, 1, no_picture);
  automation.base().set("hue", {1, 2, 3});
  ParameterValues values(preset_.values.table());
  automation.apply({}, nullptr, values);
  EXPECT_EQ(values.list("hue"), (std::vector<double>{6, 7, 8}));
}

TEST(Follower, RisesWithTheAttackAndFallsWithTheRelease) {
  const Follower f{.parameter = "hue", .attack = 0.1, .release = 1};
  EXPECT_EQ(follow(f, 0, 1, 0.1), 0.5);
  EXPECT_EQ(follow(f, 1, 0, 1), 0.5);
  EXPECT_EQ(follow(f, 0.3, 1, 0), 0.3);
  EXPECT_LE(follow(f, 0, 1, 1e9), 1);
  const Follower at_once{.parameter = "hue", .release = 0};
  EXPECT_EQ(follow(at_once, 0, 0.7, 0), 0.7);
  EXPECT_EQ(follow(at_once, 1, 0.7, 0), 0.7);
}

TEST(Follower, FeaturesAreKeptInRange) {
  Signals s;
  s.level = 0.25F;
  s.bass = 7;
  s.mid = -1;
  s.treble = std::nanf("");
  s.onset = 1;
  const double wanted[] = {0.25, 1, 0, 0, 1};
  for (size_t i = 0; i < sound_feature_words().size(); ++i)
    EXPECT_EQ(value_of(s, {}, {.follows = static_cast<SoundFeature>(i)}), wanted[i]);
}

TEST_F(AutomationTest, TheSoundAddsToEachLevelItNames) {
  preset_.values.set("hue", {10, 20});
  preset_.followers.push_back(
      {.parameter = "hue", .follows = SoundFeature::kBass, .depth = 8, .release = 1, .levels = {1}});
  Automation automation(preset_, 1, no_picture);
  ParameterValues values(preset_.values.table());
  Signals s;
  s.level = 1;
  automation.apply({{0, 0}, nullptr, s}, {}, values);
  EXPECT_EQ(values.list("hue"), (std::vector<double>{10, 20, 20}));
  s.bass = 0.5;
  automation.apply({{1, 1}, nullptr, s}, {}, values);
  EXPECT_EQ(values.list("hue"), (std::vector<double>{10, 24, 20}));
  s.bass = 0;
  automation.apply({{2, 2}, nullptr, s}, {}, values);
  EXPECT_EQ(values.number("hue", 1), 22);
  automation.apply({{2, 2}, nullptr, s}, {}, values);  // the same frame once more
  EXPECT_EQ(values.number("hue", 1), 22);
  automation.apply({{1, 1}, nullptr, s}, {}, values);  // back in time: starts again
  EXPECT_EQ(values.number("hue", 1), 20);
  EXPECT_EQ(at(3).number("hue", 1), 20);  // in silence
}

TEST_F(AutomationTest, LfosInBeats) {
  preset_.lfos.push_back({.parameter = "hue", .shape = Wave::kTriangle, .beats = 4, .depth = 2});
  Automation automation(preset_, 1, no_picture);
  ParameterValues values(preset_.values.table());
  Signals s;
  s.beats = 5;
  automation.apply({{0, 99}, nullptr, s}, {}, values);
  EXPECT_EQ(values.number("hue"), 2);
  s.beats = std::nan("");
  automation.apply({{1, 100}, nullptr, s}, {}, values);
  EXPECT_EQ(values.number("hue"), 0);
  EXPECT_EQ(at(0.5).number("hue"), 2);  // 120 a minute
}

TEST_F(AutomationTest, MapsVaryOverTheFrame) {
  preset_.maps.push_back({"hue", "horizontal", 30, false});
  preset_.maps.push_back({"zoom", "horizontal", 0.1, true});
  const ParameterValues values = at(0);
  ASSERT_NE(values.map("hue"), nullptr);
  EXPECT_EQ(values.map("hue")->depth, 30);
  EXPECT_EQ(values.map("hue")->picture->at(0, 0, 255), 1);
  EXPECT_EQ(values.map("zoom")->picture->at(0, 0, 255), 0);
}

TEST_F(AutomationTest, TheInputAsAMap) {
  preset_.maps.push_back({"hue", "input", 30, false});
  preset_.maps.push_back({"zoom", "input", 0.1, true});
  EXPECT_EQ(at(0).map("hue"), nullptr);
  const Planes input(3, 4, 6, 0.75F);
  const ParameterValues values = at(0, &input);
  ASSERT_NE(values.map("hue"), nullptr);
  EXPECT_EQ(values.map("hue")->picture->width(), 6);
  EXPECT_NEAR(values.map("hue")->picture->at(0, 1, 1), 0.75F, 1e-6);
  EXPECT_NEAR(values.map("zoom")->picture->at(0, 1, 1), 0.25F, 1e-6);
}

TEST_F(AutomationTest, PictureFilesAsMaps) {
  const TemporaryFolder folder;
  folder.write("m.png", "");
  preset_.folder = folder.path();
  preset_.maps.push_back({"hue", "m.png", 30, true});
  const auto read = [](const std::filesystem::path& path) {
    EXPECT_EQ(path.filename(), "m.png");
    return Planes(3, 2, 2, 1.0F);
  };
  ParameterValues values(preset_.values.table());
  Automation(preset_, 1, read).apply({}, nullptr, values);
  EXPECT_NEAR(values.map("hue")->picture->at(0, 0, 0), 0, 1e-6);
  const auto empty = [](const std::filesystem::path&) { return Planes(); };
  EXPECT_THROW(Automation(preset_, 1, empty), Error);
  preset_.maps[0].picture = "missing.png";
  EXPECT_THROW(Automation(preset_, 1, read), Error);
}

}  // namespace
}  // namespace reverie
