// Training classifiers.
#include <gtest/gtest.h>

#include "core/file.h"
#include "core/test_help.h"
#include "models/classifier/classifier.h"
#include "train/evaluate.h"
#include "train/input.h"
#include "train/resume_test_help.h"
#include "train/run.h"
#include "train/test_set.h"

namespace reverie {
namespace {

namespace fs = std::filesystem;

constexpr const char* kSmall = R"(
[classifier]
layers = ["conv 6", "max 2", "residual", "max", "dropout 0.2"]
[input]
mean = "channel"
scale = 0.015625
shift = 1
[[stage]]
batch = 16
iterations = 60
rate = 0.05
nesterov = true
label_smoothing = 0.1
weight_decay = 0.0005
rate_policy = "cosine"
)";

Recipe small(const std::vector<std::string>& changes = {}) {
  return parse_recipe(kSmall, "small.toml", changes);
}

double figure(const std::vector<Figure>& all, const std::string& name) {
  for (const Figure& f : all) {
    if (f.name == name) return f.value;
  }
  return -1;
}

TEST(ClassifierTask, LearnsWhichWayStripesGo) {
  const RecordSet set = striped_set(200, 60, 12);
  const Recipe recipe = small();
  Group alone;
  Trainer trainer(recipe, set, {}, alone, nullptr);
  EXPECT_LT(figure(figures_of(*trainer.model(), set, Split::kTest, 0), "top1"), 0.8);
  while (!trainer.done()) trainer.step();
  const auto after = figures_of(*trainer.model(), set, Split::kTest, 0);
  EXPECT_EQ(figure(after, "pictures"), 60);
  EXPECT_GT(figure(after, "top1"), 0.95);
  EXPECT_EQ(figure(after, "top5"), 1);
  EXPECT_LT(figure(after, "cross_entropy"), 0.4);
  EXPECT_EQ(as_classifier(*trainer.model(), "test").labels(), set.labels());
}

// Statistics and dropout too.
TEST(ClassifierTask, GoesOnFromACheckpointToTheSameBits) {
  const RecordSet set = striped_set(40, 10, 8);
  const Recipe recipe = small({"iterations=12"});
  const auto [whole, end] = train_both_ways(recipe, set, 5, 12);
  EXPECT_TRUE(torch::equal(end.weights[0], whole.weights[0]));
  EXPECT_TRUE(torch::equal(end.buffers[0], whole.buffers[0]));
  EXPECT_GT(end.buffers[0].numel(), 0);
}

// The step of the task against the plain loop that anybody would write, in the same order of pictures.
TEST(ClassifierTask, StepsAsAPlainLoopDoes) {
  const RecordSet set = striped_set(64, 0, 8);
  const Recipe recipe = small({"layers=['conv 4', 'mean']", "rate_policy=constant"});
  Group alone;
  Trainer trainer(recipe, set, {}, alone, nullptr);
  ClassifierModel plain = as_classifier(*trainer.model(), "test");
  Batches batches(set, Split::kTrain, trainer.batch_options());
  const Stage& stage = recipe.stages[0];
  std::vector<torch::Tensor> velocity;
  for (int i = 0; i < 4; ++i) {
    const Batch batch = batches.next();
    const torch::Tensor x = apply(plain.input, as_tensor(batch, 8, 8));
    const auto weights = plain.parameters().cut();
    torch::Tensor h = torch::conv2d(x, weights[0], {}, 1, 1);
    h = torch::relu(torch::batch_norm(h, weights[1], weights[2], {}, {}, true, 0.1, 1e-5, false))
            .mean(at::IntArrayRef({2, 3}));
    const torch::Tensor p = torch::log_softmax(torch::linear(h, weights[3], weights[4]), 1);
    const torch::Tensor hit = p.gather(1, labels_of(batch).unsqueeze(1)).squeeze(1);
    const torch::Tensor loss = -(0.9 * hit + 0.1 * p.mean(1)).mean();
    EXPECT_NEAR(trainer.step().loss, loss.item<double>(), 1e-5);
    const torch::Tensor g = torch::autograd::grad({loss}, {plain.parameters().flat()})[0];
    torch::NoGradGuard no_grad;
    torch::Tensor& flat = plain.parameters().flat();
    torch::Tensor decay = torch::zeros_like(flat);
    for (const ParameterSlice& s : plain.parameters().slices()) {
      if (!s.is_bias) decay.narrow(0, s.begin, s.count).fill_(stage.weight_decay);
    }
    const torch::Tensor moved = g + decay * flat;
    if (velocity.empty()) velocity.push_back(torch::zeros_like(flat));
    velocity[0].mul_(stage.momentum).add_(moved);
    flat.sub_(stage.rate * (moved + stage.momentum * velocity[0]));
    EXPECT_LT((trainer.task().networks()[0].parameters->flat() - flat).abs().max().item<double>(), 1e-5);
  }
}

constexpr const char* kAutoencoder = R"(
[vae]
encoder = ["conv 4 5 2", "conv 6 3", "dense 5"]
codes = 2
spatial = false
size = "12x12"
activation = "relu"
norm = "batch"
[input]
mean = "channel"
scale = 0.015625
[[stage]]
batch = 16
iterations = 20
rate = 0.01
solver = "adam"
kl = 0
sample_codes = false
)";

constexpr const char* kSameLayers = R"(
[classifier]
layers = ["conv 4 5 2", "conv 6 3", "flat 6 6", "dense 5"]
[input]
mean = "channel"
scale = 0.015625
[[stage]]
batch = 16
iterations = 1
)";

TEST(ClassifierTask, AnEncodersLayersAreTaken) {
  const RecordSet set = striped_set(64, 16, 12);
  Group alone;
  const Recipe below = parse_recipe(kAutoencoder, "below.toml", {});
  Trainer learned(below, set, {}, alone, nullptr);
  while (!learned.done()) learned.step();
  const auto encoder = learned.model();
  const Recipe recipe = parse_recipe(kSameLayers, "same.toml", {});
  const Trainer trainer(recipe, set, {}, alone, encoder.get());
  const auto model = trainer.model();
  const torch::Tensor x = apply(model->input, read_pictures(set, Split::kTest, 0, 16));
  const auto expect_equal = [&](const char* theirs, const char* own) {
    const torch::Tensor expected = encoder->forward(x, {theirs})[0];
    const torch::Tensor found = model->forward(x, {own})[0];
    EXPECT_TRUE(torch::allclose(found.flatten(1), expected.flatten(1), 1e-4, 1e-5)) << own;
    EXPECT_GT(expected.std().item<double>(), 0.01) << theirs;
  };
  expect_equal("encode1", "conv1");
  expect_equal("encode2", "conv2");
  expect_equal("encode3", "dense1");

  const auto error_of = [&](const std::string& layers, const std::string& norm) {
    const Recipe other = parse_recipe(kSameLayers, "other.toml", {"classifier.layers=" + layers});
    const Recipe plain = parse_recipe(kAutoencoder, "plain.toml", {"vae.norm=\"" + norm + "\""});
    Trainer from(plain, set, {}, alone, nullptr);
    const auto model = from.model();
    return message_of([&] { Trainer(other, set, {}, alone, model.get()); });
  };
  EXPECT_NE(error_of("['conv 4 3', 'max']", "batch").find("first layer"), std::string::npos);
  EXPECT_NE(error_of("['conv 4 5 2', 'max']", "none").find("norm = \"batch\""), std::string::npos);
}

TEST(ClassifierTask, ARunWritesItsModelAndSheets) {
  const TemporaryFolder folder;
  RunOptions options;
  options.recipe = small({"iterations=4"});
  options.settings.data = folder.path() / "set.tfrecord";
  write_striped_set(options.settings.data, 40, 10, 8);
  options.run = folder.path() / "run";
  options.quiet = true;
  EXPECT_EQ(run_training(options), RunEnd::kDone);
  EXPECT_EQ(format_recipe(read_run(options.run).recipe), format_recipe(options.recipe));
  EXPECT_TRUE(fs::exists(options.run / "sheets" / "answers-0000004.png"));
  EXPECT_EQ(read_model(options.run)->family(), "classifier");
  // begins from that run, frozen but for the last layer
  options.recipe = small({"iterations=2", "start=run", "frozen=['conv1', 'residual1']", "weight_decay=0"});
  options.run = folder.path() / "again";
  run_training(options);
  const auto from = read_model(folder.path() / "run");
  const auto to = read_model(options.run);
  for (const ParameterSlice& s : from->parameters().slices()) {
    const auto values = [&](const Model& m) { return m.parameters().flat().narrow(0, s.begin, s.count); };
    EXPECT_EQ(torch::equal(values(*from), values(*to)), !is_within("scores", s.name)) << s.name;
  }
}

TEST(ClassifierTask, MistakesAreNamed) {
  const auto error = [](const std::vector<std::string>& changes) {
    return message_of([&] { small(changes); });
  };
  EXPECT_NE(error({"layers=['conv 8']"}).find("lacks a max or mean"), std::string::npos);
  EXPECT_NE(error({"label_smoothing=1"}).find("label_smoothing"), std::string::npos);
  EXPECT_NE(error({"frozen=['conv2']"}).find("did you mean 'conv1"), std::string::npos);
  EXPECT_NE(error({"loss_weights=[1]"}).find("no key 'loss_weights'"), std::string::npos);
  const TemporaryFolder folder;
  const fs::path file = folder.path() / "set.tfrecord";
  {
    RecordSetWriter writer(file);
    writer.add(std::vector<uint8_t>(8 * 8 * 3), 8, 8, -1, Split::kTrain);
    writer.finish();
  }
  const RecordSet set = RecordSet::open(file);
  const Recipe recipe = small();
  Group alone;
  EXPECT_NE(message_of([&] { Trainer(recipe, set, {}, alone, nullptr); }).find("two labels"),
            std::string::npos);
}

}  // namespace
}  // namespace reverie
