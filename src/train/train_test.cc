// Recipes, solvers, the loop: what a training is and that it can be repeated to the bit.
#include <gtest/gtest.h>

#include <cmath>
#include <limits>
#include <map>

#include "core/file.h"
#include "core/test_help.h"
#include "train/evaluate.h"
#include "train/event_log.h"
#include "train/input.h"
#include "train/loss.h"
#include "train/recipe.h"
#include "train/run.h"
#include "train/solver.h"
#include "weights/caffe_net.h"
#include "weights/caffe_recipe.h"
#include "weights/caffe_solver.h"

namespace reverie {
namespace {

namespace fs = std::filesystem;

constexpr const char* kSmall = R"(
[hourglass]
channels = [4, 6]
pool = ["max", "mean"]
decode_kernel = [4, 2]

[input]
flip = true
shift = 1
noise = 2
corrupt = 0.1
drop = 0.1

[[stage]]
loss_weights = [1, 0.5]
batch = 6
iterations = 12
rate = 0.002
[stage.rate_multipliers]
"encode1.bias" = 2

[[stage]]
solver = "adam"
batch = 4
iterations = 8
rate_policy = "cosine"
warm_up = 3
)";

Recipe small(const std::vector<std::string>& changes = {}) {
  return parse_recipe(kSmall, "small.toml", changes);
}

// 20 pictures of soft stripes for training, 5 for testing.
fs::path small_set(const TemporaryFolder& folder) {
  const fs::path path = folder.path() / "stripes.tfrecord";
  RecordSetWriter writer(path);
  writer.label("stripes");
  for (int i = 0; i < 25; ++i) {
    std::vector<uint8_t> pixels(size_t{16} * 16 * 3);
    for (size_t p = 0; p < pixels.size(); ++p) {
      const auto x = static_cast<double>(p / 3 % 16);
      const auto y = static_cast<double>(p / 48);
      const double wave = std::sin(0.3 * i + 0.4 * x * (i % 3) + 0.3 * y + static_cast<double>(p % 3));
      pixels[p] = static_cast<uint8_t>(128 + 100 * wave);
    }
    writer.add(pixels, 16, 16, 0, i < 20 ? Split::kTrain : Split::kTest);
  }
  writer.finish();
  return path;
}

TEST(Recipe, WhatIsWrittenReadsTheSame) {
  const Recipe recipe = small();
  const std::string text = format_recipe(recipe);
  EXPECT_EQ(format_recipe(parse_recipe(text, "again.toml")), text);
  EXPECT_EQ(recipe.hourglass.levels[1].decode_kernel, 2);
  EXPECT_EQ(recipe.stages[0].rate_multipliers.at("encode1.bias"), 2);
}

TEST(Recipe, ChangesReachStagesAndSections) {
  const Recipe recipe =
      small({"rate=0.5", "stage.2.rate=0.25", "channels=[8, 9]", "solver=adagrad", "flip=false"});
  EXPECT_EQ(recipe.stages[0].rate, 0.5);
  EXPECT_EQ(recipe.stages[1].rate, 0.25);
  EXPECT_EQ(recipe.stages[1].solver, SolverKind::kAdagrad);
  EXPECT_EQ(recipe.hourglass.channels(2), 9);
  EXPECT_FALSE(recipe.input.flip);
}

TEST(Recipe, ErrorsNameFileLineAndTheNearestKey) {
  const auto error = [](const std::string& text, const std::vector<std::string>& changes = {}) {
    return message_of([&] { parse_recipe(text, "r.toml", changes); });
  };
  EXPECT_NE(error("[hourglass]\nchanels = [3]\n")
                .find("r.toml:2: there is no key 'chanels' here, did you mean 'channels'?"),
            std::string::npos);
  EXPECT_NE(
      error("[hourglass]\nchannels = [3]\nencode_kernel = 4\n[[stage]]\n").find("encode_kernel 4 is not odd"),
      std::string::npos);
  EXPECT_NE(error("[hourglass]\nchannels = [3]\n").find("[[stage]]"), std::string::npos);
  EXPECT_NE(
      error("[hourglass]\nchannels = [3]\n[[stage]]\nrate = -1\n").find("r.toml:4: 'rate' must be 0 to"),
      std::string::npos);
  EXPECT_NE(error(kSmall, {"rates=1"}).find("did you mean 'rate'?"), std::string::npos);
  EXPECT_NE(error(kSmall, {"iterations=0"}).find("--set: 'iterations' must be 1 to"), std::string::npos);
  EXPECT_NE(error(kSmall, {"channels=[0]"}).find("--set: "), std::string::npos);
  EXPECT_NE(error(kSmall, {"stage.3.rate=1"}).find("stages 1 to 2"), std::string::npos);
}

// What `reverie convert` writes of Caffe's files is what this reads.
TEST(Recipe, ACaffeNetsRecipeIsUnderstood) {
  const char* set = std::getenv("REVERIE_DATA");
  const fs::path caffe = fs::path(set ? set : "../shared/data") / "caffe";
  if (!fs::exists(caffe)) GTEST_SKIP() << "no ../shared/data";
  const CaffeRecipe made = recipe_from_caffe(read_caffe_net(caffe / "hourglass6.prototxt"),
                                             read_caffe_solver(caffe / "hourglass6-solver.prototxt"));
  const Recipe recipe = parse_recipe(made.text, "hourglass6.toml");
  const Recipe ours =
      parse_recipe(read_text_file(fs::path(std::getenv("REVERIE_ROOT") ? std::getenv("REVERIE_ROOT") : ".") /
                                  "recipes" / "hourglass-01.toml"),
                   "01");
  Recipe same = ours;
  same.about = recipe.about;
  EXPECT_EQ(format_recipe(recipe), format_recipe(same));
}

TEST(Recipe, GreedyIsOneStageForEachLevel) {
  const Recipe recipe =
      parse_recipe("[hourglass]\nchannels = [4, 5, 6]\n[[stage]]\ngreedy = true\n[[stage]]\n", "r.toml");
  ASSERT_EQ(recipe.stages.size(), 4U);
  EXPECT_EQ(recipe.stages[2].frozen_levels, 2);
  EXPECT_EQ(recipe.stages[2].top_level, 3);
  EXPECT_EQ(recipe.stages[1].loss_weights, (std::vector<double>{0, 1}));
  EXPECT_EQ(recipe.stages[3].frozen_levels, 0);
}

TEST(Recipe, RatesFollowTheirPolicy) {
  Stage s;
  s.rate = 1;
  s.iterations = 100;
  s.rate_policy = RatePolicy::kStep;
  s.rate_every = 10;
  EXPECT_NEAR(rate_at(s, 25), 0.01, 1e-12);
  s.rate_policy = RatePolicy::kExponential;
  s.rate_factor = 0.5;
  EXPECT_NEAR(rate_at(s, 3), 0.125, 1e-12);
  s.rate_policy = RatePolicy::kCosine;
  EXPECT_NEAR(rate_at(s, 50), 0.5, 1e-12);
  s.warm_up = 10;
  EXPECT_NEAR(rate_at(s, 0), 0.1, 1e-12);
}

// Every recipe of the tree can be read, and says what it is.
TEST(Recipe, TheTreesRecipesAreGood) {
  const char* root = std::getenv("REVERIE_ROOT");
  int count = 0;
  for (const auto& entry : fs::directory_iterator(fs::path(root ? root : ".") / "recipes")) {
    if (entry.path().extension() != ".toml") continue;
    const Recipe recipe = parse_recipe(read_text_file(entry.path()), entry.path().string());
    EXPECT_FALSE(recipe.about.empty()) << entry.path();
    ++count;
  }
  EXPECT_GE(count, 13);
}

// docs/recipes.md shows every key there is.
TEST(Recipe, TheDocumentedKeysAreTheKeys) {
  const char* root = std::getenv("REVERIE_ROOT");
  const std::string page = read_text_file(fs::path(root ? root : ".") / "docs" / "recipes.md");
  const size_t begin = page.find("```toml\n") + 8;
  const std::string text = page.substr(begin, page.find("```", begin) - begin);
  const Recipe recipe = parse_recipe(text, "recipes.md");
  EXPECT_EQ(recipe.stages[0].rate_multipliers.at("encode1.bias"), 2);
  EXPECT_EQ(recipe.start, "hourglass-07");
}

HourglassNet one_level() {
  HourglassConfig config;
  config.levels.resize(1);
  config.levels[0].channels = 2;
  HourglassNet net(config);
  net.initialise(InitKind::kGaussian, 0.1, 1);
  return net;
}

// Steps with a constant gradient of 1, by hand.
TEST(Solver, TakesTheStepsOfItsEquations) {
  HourglassNet net = one_level();
  const torch::Tensor before = net.flat().detach().clone();
  const torch::Tensor ones = torch::ones_like(before);
  const auto moved = [&](Stage stage, int steps) {
    torch::NoGradGuard no_grad;
    net.flat().copy_(before);
    Solver solver(stage, net);
    for (int i = 0; i < steps; ++i) solver.step(net.flat(), ones, i);
    return (before - net.flat()).mean().item<double>();
  };
  Stage stage;
  stage.rate = 0.01;
  stage.momentum = 0.5;
  EXPECT_NEAR(moved(stage, 3), 0.01 * (1 + 1.5 + 1.75), 1e-7);
  stage.solver = SolverKind::kAdagrad;
  EXPECT_NEAR(moved(stage, 2), 0.01 * (1 + 1 / std::sqrt(2.0)), 1e-7);
  stage.solver = SolverKind::kAdam;
  EXPECT_NEAR(moved(stage, 3), 0.03, 1e-7);
}

TEST(Solver, FrozenLevelsStayAndMultipliersCount) {
  HourglassConfig config;
  config.levels.resize(2);
  HourglassNet net(config);
  const torch::Tensor before = net.flat().detach().clone();
  Stage stage;
  stage.rate = 1;
  stage.momentum = 0;
  stage.frozen_levels = 1;
  stage.rate_multipliers["encode2.bias"] = 3;
  Solver solver(stage, net);
  solver.step(net.flat(), torch::ones_like(before), 0);
  for (const ParameterSlice& slice : net.slices()) {
    const double moved = -net.flat().detach().narrow(0, slice.begin, slice.count).mean().item<double>();
    EXPECT_EQ(moved, slice.level == 0 ? 0 : (slice.name == "encode2.bias" ? 3 : 1)) << slice.name;
  }
}

// Two levels, both losses: against the plain way through LibTorch's own layers, float64.
TEST(Loss, IsCaffesEuclideanOfEachLevel) {
  Stage stage;
  stage.loss_weights = {1, 0.5};
  stage.top_level = 2;
  const Recipe recipe = small();
  HourglassNet net(recipe.hourglass);
  net.initialise(InitKind::kXavier, 0, 2);
  const torch::Tensor x = torch::rand({3, 3, 8, 8}) - 0.5;
  const LossParts parts = losses(net, stage, x, x, 3);
  std::map<std::string, torch::Tensor> w;
  for (const NamedTensor& n : net.named()) w[n.name] = n.tensor.to(torch::kFloat64);
  const torch::Tensor x64 = x.to(torch::kFloat64);
  const torch::Tensor h1 =
      torch::max_pool2d(torch::tanh(torch::conv2d(x64, w["encode1.weight"], w["encode1.bias"], 1, 1)), 2);
  const torch::Tensor h2 =
      torch::avg_pool2d(torch::tanh(torch::conv2d(h1, w["encode2.weight"], w["encode2.bias"], 1, 1)), 2);
  const torch::Tensor d1 =
      torch::tanh(torch::conv_transpose2d(h2, w["decode2.weight"], w["decode2.bias"], 2, 0));
  const torch::Tensor d0 =
      torch::tanh(torch::conv_transpose2d(d1, w["decode1.weight"], w["decode1.bias"], 2, 1));
  const double e0 = (d0 - x64).square().sum().item<double>() / 6;
  const double e1 = (d1 - h1).square().sum().item<double>() / 6;
  EXPECT_NEAR(parts.errors[0].item<double>(), e0, 1e-5 * e0);
  EXPECT_NEAR(parts.errors[1].item<double>(), e1, 1e-5 * e1);
  EXPECT_NEAR(parts.total.item<double>(), e0 + 0.5 * e1, 1e-5 * e0);
}

torch::Tensor weights_after(Trainer& trainer) {
  while (!trainer.done()) trainer.step(false);
  return trainer.checkpoint().weights;
}

TEST(Trainer, GoesOnFromAnyCheckpointToTheSameBits) {
  const TemporaryFolder folder;
  const RecordSet set = RecordSet::open(small_set(folder));
  const Recipe recipe = small();
  RunSettings settings;
  Group alone;
  Trainer whole(recipe, set, settings, alone, nullptr);
  const torch::Tensor want = weights_after(whole);
  for (const int at : {1, 7, 12, 15, 20}) {
    Trainer first(recipe, set, settings, alone, nullptr);
    for (int i = 0; i < at; ++i) first.step(false);
    write_checkpoint(folder.path(), first.checkpoint());
    Trainer second(recipe, set, settings, alone, nullptr);
    second.resume(*read_checkpoint(folder.path()));
    EXPECT_EQ(second.iteration(), at);
    EXPECT_TRUE(torch::equal(weights_after(second), want)) << at;
  }
  settings.seed = 2;
  Trainer other(recipe, set, settings, alone, nullptr);
  EXPECT_FALSE(torch::equal(weights_after(other), want));
}

TEST(Trainer, WhatTheMachineCannotHoldIsSaidBefore) {
  const TemporaryFolder folder;
  const RecordSet set = RecordSet::open(small_set(folder));
  const Recipe recipe = small(
      {"channels=[4096, 4096, 4096, 4096]", "pool_size=[2]", "encode_kernel=[31]", "decode_kernel=[30]"});
  Group alone;
  EXPECT_NE(message_of([&] { Trainer(recipe, set, {}, alone, nullptr); }).find("GB at least"),
            std::string::npos);
}

TEST(Trainer, LearnsTheStripes) {
  const TemporaryFolder folder;
  const RecordSet set = RecordSet::open(small_set(folder));
  const Recipe recipe = parse_recipe(
      "[hourglass]\nchannels = [12]\n[[stage]]\nbatch = 10\nsolver = \"adam\"\nrate = 0.01\niterations = "
      "300\n",
      "r.toml");
  Group alone;
  Trainer trainer(recipe, set, {}, alone, nullptr);
  const double before = evaluate(trainer.model(), set, Split::kTest, 0).l2_errors[0];
  weights_after(trainer);
  const double after = evaluate(trainer.model(), set, Split::kTest, 0).l2_errors[0];
  EXPECT_LT(after, before / 20);
}

TEST(Trainer, CrossEntropyFallsToo) {
  const TemporaryFolder folder;
  const RecordSet set = RecordSet::open(small_set(folder));
  const Recipe recipe = parse_recipe(
      "[hourglass]\nchannels = [12]\noutput = \"sigmoid\"\n[input]\nmean = false\nscale = "
      "0.00392156862745098\n"
      "[[stage]]\nloss = \"cross-entropy\"\nbatch = 10\nsolver = \"adam\"\nrate = 0.01\niterations = 100\n",
      "r.toml");
  Group alone;
  Trainer trainer(recipe, set, {}, alone, nullptr);
  const double first = trainer.step(false).loss;
  StepReport last;
  while (!trainer.done()) last = trainer.step(false);
  EXPECT_LT(last.loss, 0.9 * first);
}

TEST(Trainer, ALossThatIsNoNumberStopsBeforeTheStep) {
  const TemporaryFolder folder;
  const RecordSet set = RecordSet::open(small_set(folder));
  const Recipe recipe = parse_recipe(
      "[hourglass]\nchannels = [4]\nactivation = \"linear\"\n[[stage]]\nbatch = 10\nrate = 1e6\niterations = "
      "100\n",
      "r.toml");
  RunOptions options;
  options.recipe = recipe;
  options.settings.data = set.name();
  options.run = folder.path() / "run";
  options.quiet = true;
  EXPECT_NE(message_of([&] { run_training(options); }).find("no longer a finite number"), std::string::npos);
  const auto kept = read_checkpoint(options.run);
  ASSERT_TRUE(kept);
  EXPECT_TRUE(torch::isfinite(kept->weights).all().item<bool>());
}

TEST(Run, LeavesEverythingAndIsNotOverwritten) {
  const TemporaryFolder folder;
  RunOptions options;
  options.recipe = small();
  options.settings.data = small_set(folder);
  options.run = folder.path() / "run";
  options.quiet = true;
  EXPECT_EQ(run_training(options), RunEnd::kDone);
  for (const char* name : {"run.toml", "checkpoint.safetensors", "model.safetensors", "sheets"})
    EXPECT_TRUE(fs::exists(options.run / name)) << name;
  const RunOptions again = read_run(options.run);
  EXPECT_EQ(format_recipe(again.recipe), format_recipe(options.recipe));
  EXPECT_NE(message_of([&] { run_training(options); }).find("there is one already"), std::string::npos);
  const HourglassModel model = read_model(options.run);
  EXPECT_EQ(model.net.config().count(), 2);
}

TEST(Run, TheLossOfTestPicturesIsFollowed) {
  const TemporaryFolder folder;
  RunOptions options;
  options.recipe = small();
  options.settings.data = small_set(folder);
  options.run = folder.path() / "run";
  options.quiet = true;
  run_training(options);
  const RecordSet set = RecordSet::open(options.settings.data);
  const size_t last = options.recipe.stages.size() - 1;
  const TestLoss want = test_loss(read_model(options.run), options.recipe, last, set, 1000);
  std::map<std::string, ScalarSeries> logged;
  for (const ScalarSeries& s : read_scalars(options.run)) logged[s.tag] = s;
  ASSERT_TRUE(logged.count("loss/test_total"));
  EXPECT_FLOAT_EQ(logged["loss/test_total"].values.back(), want.total);
  EXPECT_FLOAT_EQ(logged["loss/test_l2_error1"].values.back(), want.errors[0]);
  EXPECT_EQ(logged["loss/test_total"].steps.front(), 0);
  EXPECT_GT(logged["loss/test_total"].values.size(), 2U);
}

TEST(Evaluate, TheLossOfAllBatchesIsThatOfThePicturesTogether) {
  const TemporaryFolder folder;
  const RecordSet set = RecordSet::open(small_set(folder));
  Recipe recipe = small();
  recipe.input.corrupt = recipe.input.drop = 0;
  Group alone;
  const Trainer trainer(recipe, set, {}, alone, nullptr);
  const HourglassModel model = trainer.model();
  const TestLoss all = test_loss(model, recipe, 0, set, 1000);
  const Evaluation e = evaluate(model, set, Split::kTest, 0);
  ASSERT_GT(e.pictures, 1U);
  EXPECT_NEAR(all.errors[0], e.l2_errors[0], 1e-4 * e.l2_errors[0]);
  EXPECT_NEAR(all.errors[1], e.l2_errors[1], 1e-4 * e.l2_errors[1]);
  EXPECT_NEAR(all.total, all.errors[0] + 0.5 * all.errors[1], 1e-4 * all.total);
  EXPECT_NE(test_loss(model, recipe, 0, set, 1).total, all.total);
}

TEST(Run, KilledBeforeItsFirstCheckpointItBeginsWhereItHadBegun) {
  const TemporaryFolder folder;
  RunOptions options;
  options.recipe = small();
  options.settings.data = small_set(folder);
  options.run = folder.path() / "below";
  options.quiet = true;
  run_training(options);
  options.recipe.start = "below";
  options.run = folder.path() / "whole";
  run_training(options);
  fs::create_directories(folder.path() / "killed");
  fs::copy_file(options.run / "run.toml", folder.path() / "killed" / "run.toml");
  RunOptions again = read_run(folder.path() / "killed");
  again.resume = true;
  again.quiet = true;
  run_training(again);
  EXPECT_TRUE(torch::equal(read_model(again.run).net.flat(), read_model(options.run).net.flat()));
}

TEST(Evaluate, CubicBaselineAndPsnr) {
  const TemporaryFolder folder;
  const RecordSet set = RecordSet::open(small_set(folder));
  HourglassModel model{HourglassNet(small().hourglass), {}};  // all weights 0: gives the mean back
  const Evaluation e = evaluate(model, set, Split::kTest, 3);
  EXPECT_EQ(e.pictures, 3U);
  EXPECT_EQ(e.cubic_factor, 4);
  const torch::Tensor pictures = read_pictures(set, Split::kTest, 0, 3);
  const torch::Tensor seen = apply(complete_transform(model, set), pictures);
  EXPECT_NEAR(e.l2_errors[0], seen.square().sum().item<double>() / 6, 1e-4 * e.l2_errors[0]);
  const double mse = (unapply(complete_transform(model, set), torch::zeros_like(seen)) - pictures)
                         .square()
                         .mean()
                         .item<double>();
  EXPECT_NEAR(e.psnr, 10 * std::log10(255.0 * 255.0 / mse), 1e-3);
  EXPECT_GT(e.cubic_psnr, e.psnr);
}

}  // namespace
}  // namespace reverie
