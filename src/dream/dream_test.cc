#include <gtest/gtest.h>

#include <numeric>

#include "core/error.h"
#include "core/test_help.h"
#include "dream/dreamer.h"
#include "dream/effect.h"
#include "dream/kind.h"
#include "dream/transformed.h"
#include "models/classifier/classifier.h"
#include "models/family.h"
#include "models/pictures.h"
#include "weights/npy.h"

namespace reverie {
namespace {

// Small, with three depths: receptive fields of 3, 8 and 18 pixels.
std::shared_ptr<ClassifierModel> network(uint64_t seed = 3) {
  auto model = std::make_shared<ClassifierModel>(
      std::vector<std::string>{"conv 6", "max 2", "conv 8", "max 2", "conv 10", "mean"},
      std::vector<std::string>{"a", "b", "c"}, InputTransform{1.0 / 64, false});
  model->initialise(seed);
  return model;
}

// Neither flat nor periodic.
Planes photograph(int height, int width) {
  Planes p(3, height, width);
  for (int c = 0; c < 3; ++c) {
    for (int y = 0; y < height; ++y) {
      for (int x = 0; x < width; ++x)
        p.at(c, y, x) = 0.5F +
                        0.25F * std::sin(0.11F * static_cast<float>(x * (c + 1))) *
                            std::cos(0.07F * static_cast<float>(y + c * x / 2)) +
                        0.1F * Random(7).signed_at(static_cast<uint64_t>(c * height * width + y * width + x));
    }
  }
  return p;
}

ObjectiveSettings settings_for(const std::string& layers, Measure measure = Measure::kL2) {
  ObjectiveSettings s;
  s.sums = parse_dream_layers(layers);
  s.measure = measure;
  return s;
}

std::filesystem::path as_it_is(const std::string& name) {
  return name;
}

Objective objective_for(const std::string& layers, Measure measure = Measure::kL2) {
  return Objective({{"", network()}}, settings_for(layers, measure), as_it_is);
}

template <class Do>
std::string error_of(const Do& act) {
  try {
    act();
  } catch (const Error& e) {
    return e.what();
  }
  return "";
}

TEST(DreamTerms, ReadWhatTheyWrite) {
  for (const char* text : {"conv1", "fire4/concat:3,7*0.5 + fire6/concat | fire8/concat", "a:strongest5",
                           "a:weakest2*-1", "a:7@0.5,0.25", "net.caffemodel::conv4:1", "a:way.npy"}) {
    EXPECT_EQ(dream_layers_text(parse_dream_layers(text)), text);
  }
  EXPECT_EQ(dream_layers_text(parse_dream_layers("a:3-5")), "a:3,4,5");
}

TEST(DreamTerms, RefuseWhatTheyCannotMean) {
  for (const char* text : {"", "a+", "a:", "a:x", "a:-1", "a:5-3", "a:1*z", "a:1@2,0", "a:1,2@0.5,0.5",
                           "a:strongest0", "*2", "a|"}) {
    EXPECT_NE(error_of([&] { parse_dream_layers(text); }), "") << text;
  }
}

TEST(Objective, NamesTheNearestLayerAndTheChannelsThereAre) {
  EXPECT_NE(error_of([] { objective_for("conv4"); }).find("did you mean 'conv"), std::string::npos);
  EXPECT_NE(error_of([] { objective_for("conv2:8"); }).find("no channel 8: they are 0 to 7"),
            std::string::npos);
}

TEST(Objective, RisesOverTheStepsWhateverItIs) {
  const TemporaryFolder folder;
  const std::string direction = (folder.path() / "way.npy").string();
  write_npy(direction, Tensor{{8}, {1, -1, 0, 0, 2, 0, 0, 1}});
  struct Case {
    std::string layers;
    Measure measure;
  };
  for (const auto& [layers, measure] : std::vector<Case>{{"conv1", Measure::kL2},
                                                         {"conv2:3", Measure::kL2},
                                                         {"conv3", Measure::kMean},
                                                         {"conv2:1,4", Measure::kSoftplus},
                                                         {"conv3:strongest3", Measure::kMean},
                                                         {"conv3:weakest3", Measure::kSoftplus},
                                                         {"conv2:5@0.5,0.5", Measure::kL2},
                                                         {"conv2:" + direction, Measure::kL2},
                                                         {"scores:1", Measure::kL2},
                                                         {"conv1*0.5 + conv3:2", Measure::kMean}}) {
    Objective objective = objective_for(layers, measure);
    DreamSettings s;
    s.octaves = 1;
    s.steps = 12;
    s.jitter = 2;
    s.leak_steps = 4;
    std::vector<double> curve;
    dream(objective, from_picture(photograph(48, 64)), s, Random(1), {},
          [&](const DreamStep& at, const torch::Tensor&) { curve.push_back(at.value); });
    ASSERT_EQ(curve.size(), 12U);
    EXPECT_GT(curve.back(), curve.front()) << layers;
  }
}

TEST(Objective, AGuidesFeaturesGrow) {
  ObjectiveSettings s = settings_for("conv2");
  s.guide = photograph(40, 40);
  Objective objective({{"", network()}}, s, as_it_is);
  DreamSettings how;
  how.octaves = 1;
  std::vector<double> curve;
  dream(objective, from_picture(Planes(3, 48, 48, 0.4F)), how, Random(1), {},
        [&](const DreamStep& at, const torch::Tensor&) { curve.push_back(at.value); });
  EXPECT_GT(curve.back(), curve.front());
}

TEST(Objective, GoesFromOneSumToTheNext) {
  Objective objective = objective_for("conv1 | conv2");
  const torch::Tensor x = from_picture(photograph(32, 32));
  objective.begin(x);
  const auto at = [&](double position) { return objective.value(x, position, {}).item<double>(); };
  EXPECT_NEAR(at(0.25), 0.75 * at(0) + 0.25 * at(1), 1e-4 * at(0));
  EXPECT_NE(at(0), at(1));
}

TEST(Gradient, OfTilesIsThatOfTheWhole) {
  Objective objective = objective_for("conv3");
  const torch::Tensor x = from_picture(photograph(512, 384));
  objective.begin(x);
  GradientSettings s;
  const torch::Tensor whole = gradient_of(objective, x, s, Random(1)).of;
  s.memory = 7'000'000;
  ASSERT_GT(tile_side(objective, 512, 384, s.memory), 0);
  for (const uint64_t draw : {1, 2}) {
    const torch::Tensor tiles = gradient_of(objective, x, s, Random(draw)).of;
    EXPECT_LT((tiles - whole).abs().max().item<double>(), 1e-4 * whole.abs().max().item<double>());
  }
}

// However little memory there is, every tile is large enough for the network.
TEST(Gradient, TilesAreNeverTooSmall) {
  auto model = std::make_shared<ClassifierModel>(
      std::vector<std::string>{"conv 4", "max 8", "conv 4", "max 8", "conv 4", "mean"},
      std::vector<std::string>{"a", "b"}, InputTransform{1.0 / 64, false});
  model->initialise(1);
  Objective objective({{"", model}}, settings_for("conv3"), as_it_is);
  EXPECT_EQ(objective.smallest_side(), 64);
  const torch::Tensor x = from_picture(photograph(1100, 700));
  objective.begin(x);
  GradientSettings s;
  s.memory = 1000;
  ASSERT_LT(tile_side(objective, 1100, 700, s.memory), 700);
  for (uint64_t draw = 0; draw < 4; ++draw) EXPECT_NO_THROW(gradient_of(objective, x, s, Random(draw)));
}

TEST(Gradient, IsThatOfCentralDifferences) {
  const Objective objective = [] {
    Objective o = objective_for("conv2:1,2", Measure::kSoftplus);
    o.begin(from_picture(photograph(24, 24)));
    return o;
  }();
  const torch::Tensor x = from_picture(photograph(24, 24));
  const Gradient g = gradient_of(objective, x, {}, Random(1));
  const torch::Tensor way = g.of / g.of.norm();
  const auto value = [&](double h) { return objective.value(x + way * h, 0, {}).item<double>(); };
  const double slope = g.of.norm().item<double>();
  EXPECT_NEAR((value(1) - value(-1)) / 2, slope, 0.02 * slope);
}

TEST(Gradient, TheBandsOfALaplacianAreAlike) {
  const torch::Tensor g = from_picture(photograph(64, 64)) - 127;
  const torch::Tensor even = laplacian_normalised(g * 1000, 4);
  EXPECT_NEAR((even - laplacian_normalised(g, 4)).abs().max().item<double>(), 0, 1e-3);
  EXPECT_LT(gaussian_smoothed(g, 2).std().item<double>(), g.std().item<double>());
}

TEST(Dream, OctavesNeverFallBelowWhatTheNetworkTakes) {
  DreamSettings s;
  s.octaves = 10;
  const auto sizes = octave_sizes(300, 200, s, 60);
  EXPECT_EQ(sizes.back(), (std::pair<int64_t, int64_t>(300, 200)));
  EXPECT_GE(sizes.front().second, 60);
  EXPECT_EQ(sizes.size(), 4U);
}

TEST(Dream, StepsGrowOrShrinkEvenly) {
  Objective objective = objective_for("conv2");
  DreamSettings s;
  s.octaves = 1;
  s.steps = 5;
  s.step = 2;
  s.step_end = 0.5;
  torch::Tensor last = torch::full({1, 3, 32, 32}, 127.0) + 20 * torch::randn({1, 3, 32, 32});
  std::vector<double> sizes;
  dream(objective, last, s, Random(1), {}, [&](const DreamStep& /*at*/, const torch::Tensor& now) {
    sizes.push_back((now - last).abs().mean().item<double>());
    last = now.clone();
  });
  ASSERT_EQ(sizes.size(), 5U);
  for (size_t i = 0; i < sizes.size(); ++i) EXPECT_NEAR(sizes[i], 2 - 0.25 * static_cast<double>(i), 0.05);
}

// It rises for a network that sees it turned, too.
TEST(Dream, IsRobustWhereAsked) {
  Objective objective = objective_for("conv2:3");
  const torch::Tensor x = from_picture(photograph(48, 64));
  objective.begin(x);
  const auto turned = [&](const torch::Tensor& picture) {
    double sum = 0;
    for (uint64_t i = 0; i < 8; ++i) {
      Random draw(100 + i);
      sum += objective.value(transformed(picture, draw), 0, {}).item<double>();
    }
    return sum;
  };
  DreamSettings s;
  s.octaves = 1;
  const torch::Tensor plain = dream(objective, x, s, Random(1));
  s.robust = true;
  const torch::Tensor robust = dream(objective, x, s, Random(1));
  EXPECT_GT(turned(robust), turned(x));
  EXPECT_GT((robust - plain).abs().mean().item<double>(), 0.5);
  EXPECT_TRUE(torch::equal(robust, dream(objective, x, s, Random(1))));
}

TEST(Dream, AMaskKeepsTheRest) {
  Objective objective = objective_for("conv2");
  Planes mask(1, 32, 32);
  for (int y = 0; y < 32; ++y) std::fill_n(mask.row(0, y), 16, 1.0F);
  DreamSettings s;
  s.octaves = 1;
  const torch::Tensor x = from_picture(photograph(32, 32));
  const torch::Tensor change = (dream(objective, x, s, Random(1), from_picture(mask) / 255) - x).abs();
  EXPECT_EQ(change.slice(3, 16, 32).max().item<double>(), 0);
  EXPECT_GT(change.slice(3, 0, 16).max().item<double>(), 1);
}

TEST(Dream, AColourKeyIsAMask) {
  Planes picture(3, 2, 2, 0.0F);
  picture.at(0, 0, 0) = 1;
  const torch::Tensor mask = dream_mask("key:ff0000", picture, nullptr);
  EXPECT_EQ(mask[0][0][0][0].item<double>(), 1);
  EXPECT_EQ(mask[0][0][1][1].item<double>(), 0);
  EXPECT_NE(error_of([&] { dream_mask("key:red", picture, nullptr); }), "");
}

class DreamEffectTest : public testing::Test {
 protected:
  DreamEffectTest() {
    file = folder.path() / "net.safetensors";
    write_model(file, *network());
    values.set_text("model", file.string());
    values.set_text("layers", "conv2");
    values.set("octaves", 2);
    values.set("steps", 2);
    values.set("jitter", 4);
    setup.width = 48;
    setup.height = 32;
    setup.seed = 5;
    setup.find_file = as_it_is;
  }

  std::vector<Planes> play(int frames, const Planes* input) {
    const auto effect = make_dream(setup, values);
    std::vector<Planes> all(static_cast<size_t>(frames));
    for (int n = 0; n < frames; ++n)
      effect->process({{n, n / 30.0}, input}, values, all[static_cast<size_t>(n)]);
    return all;
  }

  TemporaryFolder folder;
  std::filesystem::path file;
  ParameterTable table{dream_parameters()};
  ParameterValues values{table};
  EffectSetup setup;
};

TEST_F(DreamEffectTest, GivesTheSameFramesAgain) {
  const Planes input = photograph(32, 48);
  for (const int every : {1, 3}) {
    values.set("every", every);
    const auto a = play(7, &input);
    const auto b = play(7, &input);
    for (size_t n = 0; n < a.size(); ++n) EXPECT_EQ(a[n].data(), b[n].data()) << every << " " << n;
  }
}

TEST_F(DreamEffectTest, ChangesThePicture) {
  const Planes input = photograph(32, 48);
  EXPECT_GT(mean_absolute_difference(play(1, &input)[0], input), 1e-3);
}

TEST_F(DreamEffectTest, ShowsWhatItDreamtInTheBackgroundOnTime) {
  const Planes input = photograph(32, 48);
  values.set("every", 3);
  values.set_text("carry", "none");
  const auto all = play(5, &input);
  EXPECT_LT(mean_absolute_difference(all[2], input), 1e-5);  // nothing yet
  EXPECT_GT(mean_absolute_difference(all[3], input), 1e-3);
}

TEST_F(DreamEffectTest, TheEndlessZoomKeepsItsColours) {
  values.set("zoom", 1.04);
  values.set("rotate", 1);
  const auto all = play(60, nullptr);
  const ColourMoments early = colour_moments(from_picture(all[10]));
  const ColourMoments late = colour_moments(from_picture(all[59]));
  EXPECT_LT(((late.mean - early.mean).abs() / early.mean).max().item<double>(), 0.1);
  EXPECT_LT(((late.deviation - early.deviation).abs() / early.deviation).max().item<double>(), 0.1);
  EXPECT_GT(mean_absolute_difference(all[58], all[59]), 1e-3);  // it moves
}

TEST_F(DreamEffectTest, AMaskKeepsTheRestWhateverHoldsTheColours) {
  Planes input = photograph(32, 48);
  for (int c = 0; c < 3; ++c) {
    for (int y = 0; y < 32; ++y) std::fill_n(input.row(c, y), 16, 0.0F);
  }
  values.set_text("mask", "key:000000:0.1");
  setup.read_picture = [](const std::filesystem::path&) { return Planes(3, 2, 2); };
  const Planes made = play(2, &input)[1];
  double inside = 0;
  double outside = 0;
  for (int y = 0; y < 32; ++y) {
    for (int x = 0; x < 48; ++x) {
      const double change = std::abs(made.at(1, y, x) - input.at(1, y, x));
      (x < 16 ? inside : outside) += change;
    }
  }
  EXPECT_LT(outside, 1e-3);
  EXPECT_GT(inside, 1);
}

TEST_F(DreamEffectTest, LayersChangeInTheMiddleOfASet) {
  const Planes input = photograph(32, 48);
  const auto effect = make_dream(setup, values);
  Planes out;
  effect->process({{0, 0}, &input}, values, out);
  values.set_text("layers", "conv3:2");
  effect->process({{1, 0}, &input}, values, out);
  values.set("blend", 0);
  effect->process({{2, 0}, &input}, values, out);
  EXPECT_LT(std::accumulate(out.data().begin(), out.data().end(), 0.0), 1e6);
}

TEST_F(DreamEffectTest, SaysWhatIsTooSmall) {
  values.set_text("layers", "scores:0");
  setup.width = setup.height = 2;
  EXPECT_NE(error_of([&] { play(1, nullptr); }), "");
}

}  // namespace
}  // namespace reverie
