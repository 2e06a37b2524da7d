// Solvers, losses, the loop: what a training is and that it can be repeated to the bit.
#include <gtest/gtest.h>

#include <cmath>
#include <limits>
#include <map>
#include <optional>

#include "core/file.h"
#include "train/evaluate.h"
#include "train/event_log.h"
#include "train/hourglass_loss.h"
#include "train/hourglass_task.h"
#include "train/input.h"
#include "train/recipe.h"
#include "train/run.h"
#include "train/run_log.h"
#include "train/solver.h"
#include "train/test_set.h"
#include "train/train_test_help.h"
#include "weights/safetensors.h"

namespace reverie {
namespace {

namespace fs = std::filesystem;

// Of the trainer's model, which is an hourglass.
HourglassModel glass_of(const Trainer& trainer) {
  return as_hourglass(*trainer.model(), "test");
}

// A task that stands where the model does.
std::unique_ptr<Task> task_of(const Recipe& recipe, const HourglassModel& model) {
  BuildOptions options;
  options.input = model.input;
  std::unique_ptr<Task> task = task_kind("hourglass").make(recipe, options);
  task->take(model, "model");
  return task;
}

// The run.toml that version 0.1 wrote.
constexpr const char* kRunOf01 = R"(about = "small"

[hourglass]
channels = [4, 6]
encode_kernel = [3, 3]
pool_size = [2, 2]
decode_kernel = [4, 2]
pool = ["max", "mean"]
activation = ["tanh", "tanh"]
output = "tanh"
tied = false
init = "gaussian"
init_std = 0.1

[input]
mean = true
scale = 0.00390625
flip = true
shift = 1
noise = 2
corrupt = 0.1
drop = 0.1

[[stage]]
loss = "euclidean"
loss_weights = [1, 0.5]
solver = "sgd"
batch = 6
iterations = 12
rate = 0.002
rate_policy = "constant"
rate_factor = 0.1
rate_every = 10000
warm_up = 0
momentum = 0.9
weight_decay = 0
top_level = 2
frozen_levels = 0
[stage.rate_multipliers]
"encode1.bias" = 2

[[stage]]
loss = "euclidean"
loss_weights = [1]
solver = "adam"
batch = 4
iterations = 8
rate = 0.001
rate_policy = "cosine"
rate_factor = 0.1
rate_every = 10000
warm_up = 3
momentum = 0.9
weight_decay = 0
top_level = 2
frozen_levels = 0

[run]
data = "/nowhere/stripes.tfrecord"
test = ""
seed = 1
threads = 1
device = "cpu"
)";

TEST(Run, OneOfVersion01IsReadAndItsCheckpointTensorsAreThese) {
  const TemporaryFolder folder;
  folder.write("run.toml", kRunOf01);
  const RunOptions run = read_run(folder.path());
  Recipe want = small();
  want.about = "small";
  EXPECT_EQ(format_recipe(run.recipe), format_recipe(want));
  EXPECT_EQ(run.settings.threads, 1);
  const RecordSet set = RecordSet::open(small_set(folder));
  Group alone;
  Trainer trainer(want, set, {}, alone, nullptr);
  trainer.step();
  write_checkpoint(folder.path(), trainer.checkpoint());
  std::vector<std::string> names;
  for (const auto& [name, tensor] : read_safetensors(folder.path() / "checkpoint.safetensors").tensors)
    names.push_back(name);
  EXPECT_EQ(names, (std::vector<std::string>{"solver.0", "weights"}));
}

TEST(Run, SeedsOfAnySizeAreReadAgain) {
  const TemporaryFolder folder;
  RunOptions options;
  options.recipe = small({"iterations=1"});
  options.settings.data = small_set(folder);
  options.settings.seed = UINT64_MAX - 1;
  options.run = folder.path() / "run";
  options.quiet = true;
  run_training(options);
  EXPECT_EQ(read_run(options.run).settings.seed, UINT64_MAX - 1);
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
    Solver solver(stage, net.parameters());
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
  stage.rate_multipliers["encode2.bias"] = 3;
  Solver solver(stage, net.parameters(), "", {"encode1", "decode1"});
  solver.step(net.flat(), torch::ones_like(before), 0);
  for (const ParameterSlice& slice : net.slices()) {
    const double moved = -net.flat().detach().narrow(0, slice.begin, slice.count).mean().item<double>();
    EXPECT_EQ(moved, slice.name.find('1') != std::string::npos ? 0 : (slice.name == "encode2.bias" ? 3 : 1))
        << slice.name;
  }
}

// Two levels, both losses: against the plain way through LibTorch's own layers, float64.
TEST(Loss, IsCaffesEuclideanOfEachLevel) {
  HourglassStage stage;
  stage.loss_weights = {1, 0.5};
  stage.top_level = 2;
  HourglassNet net(config_of(small()));
  net.initialise(InitKind::kXavier, 0, 2);
  const torch::Tensor x = torch::rand({3, 3, 8, 8}) - 0.5;
  const LossParts parts = hourglass_losses(net, stage, x, x, 3);
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

TEST(Solver, NesterovLooksAhead) {
  HourglassNet net = one_level();
  const torch::Tensor before = net.flat().detach().clone();
  Stage stage;
  stage.rate = 0.01;
  stage.momentum = 0.5;
  stage.nesterov = true;
  Solver solver(stage, net.parameters());
  // v: 1, 1.5; each step: momentum v + 1
  for (int i = 0; i < 2; ++i) solver.step(net.flat(), torch::ones_like(before), i);
  EXPECT_NEAR((before - net.flat().detach()).mean().item<double>(), 0.01 * (1.5 + 1.75), 1e-7);
}

// Two numbers that learn in turn: g goes to 3, d follows g, each counted by hand.
class TwoNumbers : public Task {
 public:
  TwoNumbers() : g_(one(), one()), d_(one()) {}
  std::vector<TaskNetwork> networks() override { return {{"g", &g_}, {"d", &d_}}; }
  std::vector<Turn> turns() const override { return {{"first", {0}}, {"second", {1}}}; }
  Losses losses(const Sight& sight, const Stage&, const Turn& turn) override {
    g_.buffers().add_(1);
    const torch::Tensor off = turn.name == "first" ? g_.flat() - 3 : d_.flat() - g_.flat().detach();
    const torch::Tensor bad =
        turn.name == "second" && sight.iteration == fails_at ? torch::full({1}, NAN) : torch::zeros({1});
    Losses losses;
    losses.total = (off.square() + bad).sum();
    losses.parts = {{turn.name, losses.total}};
    return losses;
  }
  std::unique_ptr<Model> model() const override { return nullptr; }
  double g() const { return g_.flat().item<double>(); }
  double d() const { return d_.flat().item<double>(); }
  double calls() const { return g_.buffers().item<double>(); }
  int64_t fails_at = -1;

 private:
  static Layout one() {
    Layout layout;
    layout.add("value", {1});
    return layout;
  }
  Parameters g_, d_;
};

TEST(Trainer, NetworksLearnInTurnEachWithItsSolver) {
  const TemporaryFolder folder;
  const RecordSet set = RecordSet::open(small_set(folder));
  Recipe recipe = small({"momentum=0", "rate=0.1"});
  recipe.stages[0].rate_multipliers = {{"d", 2}};
  Group alone;
  auto owned = std::make_unique<TwoNumbers>();
  TwoNumbers& task = *owned;
  Trainer trainer(recipe, set, {}, alone, std::move(owned));
  double g = 0;
  double d = 0;
  for (int i = 0; i < 3; ++i) {
    const TrainingStep step = trainer.step();
    ASSERT_EQ(step.parts.size(), 2U);
    EXPECT_EQ(step.parts[0].first, "first");
    EXPECT_NEAR(step.parts[0].second, (g - 3) * (g - 3), 1e-5);
    g -= 0.1 * 2 * (g - 3);
    EXPECT_NEAR(step.parts[1].second, (d - g) * (d - g), 1e-5);
    d -= 2 * 0.1 * 2 * (d - g);
    EXPECT_NEAR(task.g(), g, 1e-6);
    EXPECT_NEAR(task.d(), d, 1e-6);
  }
}

TEST(Trainer, TwoSolversAndBuffersGoOnFromAnyCheckpointToTheSameBits) {
  const TemporaryFolder folder;
  const RecordSet set = RecordSet::open(small_set(folder));
  const Recipe recipe = small({"solver=adam", "rate=0.1"});
  Group alone;
  const auto begin = [&](int steps, const std::optional<Checkpoint>& from) {
    auto trainer =
        std::make_unique<Trainer>(recipe, set, RunSettings{}, alone, std::make_unique<TwoNumbers>());
    if (from) trainer->resume(*from);
    for (int i = 0; i < steps; ++i) trainer->step();
    return trainer->checkpoint();
  };
  const Checkpoint whole = begin(20, {});
  for (const int at : {1, 11, 12, 15}) {
    write_checkpoint(folder.path(), begin(at, {}));
    const Checkpoint end = begin(20 - at, read_checkpoint(folder.path()));
    for (size_t i = 0; i < 2; ++i) EXPECT_TRUE(torch::equal(end.weights[i], whole.weights[i])) << at;
    EXPECT_TRUE(torch::equal(end.buffers[0], whole.buffers[0])) << at;
  }
}

TEST(Trainer, ATurnThatFailsTakesTheWholeStepBack) {
  const TemporaryFolder folder;
  const RecordSet set = RecordSet::open(small_set(folder));
  const Recipe recipe = small();
  Group alone;
  auto owned = std::make_unique<TwoNumbers>();
  TwoNumbers& task = *owned;
  task.fails_at = 2;
  Trainer trainer(recipe, set, {}, alone, std::move(owned));
  trainer.step();
  trainer.step();
  const Checkpoint before = trainer.checkpoint();
  EXPECT_NE(message_of([&] { trainer.step(); }).find("no longer finite"), std::string::npos);
  const Checkpoint after = trainer.checkpoint();
  for (size_t i = 0; i < 2; ++i) {
    EXPECT_TRUE(torch::equal(after.weights[i], before.weights[i]));
    EXPECT_TRUE(torch::equal(after.solver[i], before.solver[i]));
  }
  EXPECT_EQ(task.calls(), 4);
}

TEST(Trainer, LongGradientsAreCut) {
  const TemporaryFolder folder;
  const RecordSet set = RecordSet::open(small_set(folder));
  const Recipe recipe = small({"momentum=0", "rate=0.5", "clip=0.25"});
  Group alone;
  auto owned = std::make_unique<TwoNumbers>();
  const TwoNumbers& task = *owned;
  Trainer trainer(recipe, set, {}, alone, std::move(owned));
  trainer.step();  // the gradient of g is -6
  EXPECT_NEAR(task.g(), 0.5 * 0.25, 1e-6);
}

torch::Tensor weights_after(Trainer& trainer) {
  while (!trainer.done()) trainer.step();
  return trainer.checkpoint().weights[0];
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
    for (int i = 0; i < at; ++i) first.step();
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
  EXPECT_NE(message_of([&] { Trainer(recipe, set, {}, alone, nullptr); }).find("needs at least"),
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
  const double before = evaluate(glass_of(trainer), set, Split::kTest, 0).l2_errors[0];
  weights_after(trainer);
  const double after = evaluate(glass_of(trainer), set, Split::kTest, 0).l2_errors[0];
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
  const double first = trainer.step().loss;
  TrainingStep last;
  while (!trainer.done()) last = trainer.step();
  EXPECT_LT(last.loss, 0.9 * first);
}

TEST(Recipe, CrossEntropyNeedsPicturesAndOutputsFrom0To1) {
  const auto error = [](const std::string& output, const std::string& input) {
    return message_of([&] {
      parse_recipe("[hourglass]\nchannels = [4]\noutput = \"" + output + "\"\n[input]\n" + input +
                       "\n[[stage]]\nloss = \"cross-entropy\"\n",
                   "r.toml");
    });
  };
  EXPECT_EQ(error("sigmoid", "mean = false\nscale = 0.00392156862745098"), "");
  EXPECT_EQ(error("sigmoid", "mean = false"), "");  // 1/256
  EXPECT_NE(error("tanh", "mean = false").find("r.toml:7: cross-entropy needs output = \"sigmoid\""),
            std::string::npos);
  for (const char* input : {"mean = true", "mean = \"channel\"", "mean = false\nscale = 1"}) {
    EXPECT_NE(error("sigmoid", input).find("cross-entropy needs pictures from 0 to 1"), std::string::npos)
        << input;
  }
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
  EXPECT_NE(message_of([&] { run_training(options); }).find("no longer finite"), std::string::npos);
  const auto kept = read_checkpoint(options.run);
  ASSERT_TRUE(kept);
  EXPECT_TRUE(torch::isfinite(kept->weights[0]).all().item<bool>());
}

TEST(Run, WhatAResumedOneCannotChangeIsNamed) {
  const TemporaryFolder folder;
  const RecordSet set = RecordSet::open(small_set(folder));
  Group alone;
  const Recipe begun = small();
  Trainer first(begun, set, {}, alone, nullptr);
  for (int i = 0; i < 5; ++i) first.step();
  write_checkpoint(folder.path(), first.checkpoint());
  const auto resume = [&](const std::vector<std::string>& changes, const RecordSet& from) {
    const Recipe recipe = small(changes);
    return message_of([&] {
      Trainer second(recipe, from, {}, alone, nullptr);
      second.resume(*read_checkpoint(folder.path()));
    });
  };
  const auto has = [](const std::string& text, const std::string& part) {
    return text.find(part) != std::string::npos;
  };
  EXPECT_EQ(resume({}, set), "");
  EXPECT_EQ(resume({"about=other", "rate=0.1", "stage.1.iterations=100"}, set), "");
  EXPECT_PRED2(has, resume({"stage.1.solver=adagrad"}, set),
               "stage.1.solver is \"adagrad\", but its checkpoint was made with \"sgd\"");
  EXPECT_PRED2(has, resume({"stage.2.batch=5"}, set), "stage.2.batch is 5");
  EXPECT_PRED2(has, resume({"pool=[\"mean\"]"}, set), "hourglass.pool is ");
  EXPECT_PRED2(has, resume({"channels=[4]", "loss_weights=[1]"}, set), "hourglass.channels is [4]");
  EXPECT_PRED2(has, resume({"stage.1.iterations=5"}, set), "iterations do not fit its checkpoint");
  EXPECT_PRED2(has, resume({}, striped_set(20, 5, 16)), "data has 20 training pictures of 16x16, 2 labels");
  // the same pictures elsewhere are the same
  const TemporaryFolder elsewhere;
  EXPECT_EQ(resume({}, RecordSet::open(small_set(elsewhere))), "");
  // version 0.1 did not say what it was made by
  Checkpoint old = first.checkpoint();
  old.recipe = old.data = "";
  write_checkpoint(folder.path(), old);
  EXPECT_EQ(resume({"momentum=0.5"}, set), "");
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
  const TestLoss want = test_loss(*task_of(options.recipe, read_hourglass(options.run)),
                                  options.recipe.stages[last], set, 1000);
  std::map<std::string, ScalarSeries> logged;
  for (const ScalarSeries& s : read_scalars(options.run)) logged[s.tag] = s;
  ASSERT_TRUE(logged.count("loss/test_total"));
  EXPECT_FLOAT_EQ(logged["loss/test_total"].values.back(), want.total);
  EXPECT_FLOAT_EQ(logged["loss/test_l2_error1"].values.back(), want.parts[0].second);
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
  const HourglassModel model = glass_of(trainer);
  const TestLoss all = test_loss(trainer.task(), recipe.stages[0], set, 1000);
  const Evaluation e = evaluate(model, set, Split::kTest, 0);
  ASSERT_GT(e.pictures, 1U);
  EXPECT_NEAR(all.parts[0].second, e.l2_errors[0], 1e-4 * e.l2_errors[0]);
  EXPECT_NEAR(all.parts[1].second, e.l2_errors[1], 1e-4 * e.l2_errors[1]);
  EXPECT_NEAR(all.total, all.parts[0].second + 0.5 * all.parts[1].second, 1e-4 * all.total);
  EXPECT_NE(test_loss(trainer.task(), recipe.stages[0], set, 1).total, all.total);
}

TEST(Evaluate, CubicBaselineAndPsnr) {
  const TemporaryFolder folder;
  const RecordSet set = RecordSet::open(small_set(folder));
  HourglassModel model{HourglassNet(config_of(small()))};  // all weights 0: gives the mean back
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
