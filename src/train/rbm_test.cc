// Layers that begin as restricted Boltzmann machines.
#include "train/rbm.h"

#include <gtest/gtest.h>

#include <cmath>

#include "core/test_help.h"
#include "data/bytes.h"
#include "data/idx.h"
#include "models/vae/vae.h"
#include "train/evaluate.h"
#include "train/resume_test_help.h"
#include "train/test_set.h"
#include "train/vae_stage.h"

namespace reverie {
namespace {

constexpr const char* kMachines = R"(
[input]
scale = 0.00392156862745098
mean = false

[vae]
grey = true
size = "28x28"
spatial = false
encoder = ["dense 60", "dense 30"]
codes = 8
activation = "sigmoid"
output = "sigmoid"

[[stage]]
pretrain = "rbm"
rate = 0.1
iterations = 100
batch = 50
weight_decay = 0.0002
)";

Recipe machines(const std::vector<std::string>& changes = {}) {
  return parse_recipe(kMachines, "machines.toml", changes);
}

// All states of five units, [32, 5].
torch::Tensor states(int64_t units) {
  torch::Tensor all = torch::empty({int64_t{1} << units, units});
  for (int64_t i = 0; i < all.size(0); ++i) {
    for (int64_t u = 0; u < units; ++u) all[i][u] = static_cast<double>(i >> u & 1);
  }
  return all;
}

TEST(BoltzmannMachine, FreeEnergyIsTheSumOverAllThatIsHidden) {
  torch::manual_seed(1);
  const BoltzmannMachine machine = {torch::randn({5, 4}), torch::randn({4}), torch::randn({5})};
  const torch::Tensor v = states(4);
  const torch::Tensor h = states(5);
  const torch::Tensor energy = -torch::mv(v, machine.visible).unsqueeze(1) -
                               torch::mv(h, machine.hidden).unsqueeze(0) -
                               torch::mm(torch::mm(v, machine.weight.t()), h.t());
  EXPECT_LT((machine.free_energy(v) + (-energy).exp().sum(1).log()).abs().max().item<double>(), 1e-4);
  // and its conditional probabilities
  const torch::Tensor joint = (-energy).exp();
  EXPECT_LT((machine.up(v) - torch::mm(joint, h) / joint.sum(1, true)).abs().max().item<double>(), 1e-5);
  EXPECT_LT(
      (machine.down(h) - torch::mm(joint.t(), v) / joint.sum(0).unsqueeze(1)).abs().max().item<double>(),
      1e-5);
}

TEST(BoltzmannMachine, GradientIsTheChangeOfContrastiveDivergence) {
  torch::manual_seed(2);
  for (const bool linear : {false, true}) {
    const BoltzmannMachine machine = {torch::randn({5, 4}).requires_grad_(true),
                                      torch::randn({4}).requires_grad_(true),
                                      torch::randn({5}).requires_grad_(true), linear};
    const torch::Tensor v = torch::rand({7, 4});
    const torch::Tensor again = machine.reconstruction(v, torch::randn({7, 5}));
    EXPECT_FALSE(again.requires_grad());
    const torch::Tensor gap = (machine.free_energy(v) - machine.free_energy(again)).sum();
    const auto found = torch::autograd::grad({gap}, {machine.weight, machine.visible, machine.hidden});
    torch::NoGradGuard no_grad;
    const torch::Tensor h = machine.up(v);
    const torch::Tensor h_again = machine.up(again);
    const torch::Tensor wanted[] = {torch::mm(h_again.t(), again) - torch::mm(h.t(), v), (again - v).sum(0),
                                    (h_again - h).sum(0)};
    for (size_t i = 0; i < 3; ++i) EXPECT_LT((found[i] - wanted[i]).abs().max().item<double>(), 1e-5);
  }
}

TEST(BoltzmannMachine, ATableStandsForTwoStagesOfEachLayer) {
  const Recipe recipe = machines();
  ASSERT_EQ(recipe.stages.size(), 6U);
  const std::vector<std::string> layers = {"encode1", "encode1", "encode2", "encode2", "mean", "mean"};
  for (size_t i = 0; i < 6; ++i) {
    EXPECT_EQ(vae_stage(recipe.stages[i]).rbm, layers[i]);
    EXPECT_EQ(recipe.stages[i].momentum, i % 2 == 0 ? 0.5 : 0.9);
    EXPECT_EQ(recipe.stages[i].iterations, i % 2 == 0 ? 10 : 90);
    EXPECT_NEAR(recipe.stages[i].rate, i < 4 ? 0.1 : 0.001, 1e-12);
  }
  EXPECT_EQ(format_recipe(parse_recipe(format_recipe(recipe), "again.toml")), format_recipe(recipe));
  const auto error = [](const std::string& change) { return message_of([&] { machines({change}); }); };
  EXPECT_NE(error("activation=elu").find("activation = \"sigmoid\""), std::string::npos);
  EXPECT_NE(error("encoder=['conv 4', 'dense 5']").find("machines are dense layers"), std::string::npos);
  EXPECT_NE(error("input.mean=channel").find("pictures in 0..1"), std::string::npos);
}

double part(const TestLoss& loss, const std::string& name) {
  for (const auto& [n, value] : loss.parts) {
    if (n == name) return value;
  }
  return NAN;
}

// MNIST's first test pictures, most of them to learn from.
std::optional<RecordSet> digits(const std::filesystem::path& folder) {
  constexpr int kTrain = 1000, kTest = 200;
  const char* data = std::getenv("REVERIE_DATA");
  const std::filesystem::path mnist = std::filesystem::path(data ? data : "../shared/data") / "mnist";
  if (!std::filesystem::exists(mnist)) return {};
  const FileBytes images(mnist / "t10k-images-idx3-ubyte.gz");
  const FileBytes labels(mnist / "t10k-labels-idx1-ubyte.gz");
  const IdxArray grey = parse_idx(images.bytes(), "images");
  const IdxArray ids = parse_idx(labels.bytes(), "labels");
  const size_t samples = grey.shape[1] * grey.shape[2];
  RecordSetWriter writer(folder / "digits.tfrecord");
  for (int i = 0; i < 10; ++i) writer.label(std::to_string(i));
  std::vector<uint8_t> pixels(3 * samples);
  for (size_t i = 0; i < kTrain + kTest; ++i) {
    for (size_t p = 0; p < samples; ++p) std::fill_n(&pixels[3 * p], 3, grey.data[i * samples + p]);
    writer.add(pixels, static_cast<int>(grey.shape[1]), static_cast<int>(grey.shape[2]), ids.data[i],
               i < kTrain ? Split::kTrain : Split::kTest);
  }
  writer.finish();
  return RecordSet::open(folder / "digits.tfrecord");
}

TEST(BoltzmannMachines, LearnDigitsLayerByLayer) {
  const TemporaryFolder folder;
  const auto set = digits(folder.path());
  if (!set) GTEST_SKIP() << "no ../shared/data/mnist";
  const Recipe recipe = machines();
  Group alone;
  Trainer trainer(recipe, *set, {}, alone, nullptr);
  const auto untrained = trainer.model();
  for (size_t stage = 0; stage < recipe.stages.size(); stage += 2) {
    const auto test = [&] { return test_loss(trainer.task(), recipe.stages[stage], *set, 200); };
    const TestLoss before = test();
    for (int i = 0; i < 100; ++i) trainer.step();
    const TestLoss after = test();
    EXPECT_GT(before.total, 0) << stage;  // pictures are less likely than what they become
    EXPECT_LT(after.total, 0) << stage;
    EXPECT_LT(part(after, "reconstruction"), 0.9 * part(before, "reconstruction")) << stage;
  }
  // the decoder is the encoder turned round
  const VaeWeights weights = as_vae(*trainer.model(), "test").constant();
  const auto turned = [&](const char* up, const char* down) {
    return (weights.at(up) - weights.at(down).t()).abs().max().item<double>();
  };
  EXPECT_LT(turned("encode1.weight", "decode2.weight"), 1e-6);
  EXPECT_LT(turned("encode2.weight", "decode1.weight"), 1e-6);
  EXPECT_LT(turned("mean.weight", "decode0.weight"), 1e-6);
  const auto error = [&](const Model& model) { return figures_of(model, *set, Split::kTest, 0)[1].value; };
  EXPECT_LT(error(*trainer.model()), 0.7 * error(*untrained));
}

TEST(BoltzmannMachines, GoOnToTheSameBits) {
  const RecordSet set = striped_set(60, 10, 28);
  const auto [whole, resumed] = train_both_ways(machines({"batch=20", "iterations=6"}), set, 9, 15);
  EXPECT_TRUE(torch::equal(whole.weights[0], resumed.weights[0]));
}

TEST(BoltzmannMachines, StartAnAutoencoder) {
  const RecordSet set = striped_set(60, 10, 28);
  Group alone;
  const Recipe recipe = machines({"batch=20", "iterations=4"});
  Trainer trainer(recipe, set, {}, alone, nullptr);
  while (!trainer.done()) trainer.step();
  std::string text = kMachines;
  text.replace(text.find("pretrain = \"rbm\""), 16, "kl = 0\nsample_codes = false");
  const Recipe whole = parse_recipe(text, "whole.toml", {"batch=20", "iterations=4"});
  const auto first_loss = [&](const Model* start) {
    return Trainer(whole, set, {}, alone, start).step().loss;
  };
  EXPECT_NE(first_loss(trainer.model().get()), first_loss(nullptr));
}

TEST(BoltzmannMachines, StartAClassifier) {
  const RecordSet set = striped_set(60, 10, 28);
  Group alone;
  const Recipe recipe = machines({"batch=20", "iterations=4"});
  Trainer trainer(recipe, set, {}, alone, nullptr);
  const auto layers = trainer.model();
  constexpr const char* kClassifier = R"(
[classifier]
layers = ["grey", "flat 28 28", "sigmoid 60", "dropout 0.1", "dense 30", "dense 5"]
[[stage]]
frozen = ["sigmoid1", "dense1"]
batch = 20
iterations = 3
)";
  const Recipe classifier = parse_recipe(kClassifier, "classifier.toml");
  Trainer second(classifier, set, {}, alone, layers.get());
  while (!second.done()) second.step();
  const VaeWeights theirs = as_vae(*layers, "test").constant();
  const TensorFile file = second.model()->tensors();
  const auto same = [&](const char* own, const char* from) {
    return torch::equal(from_plain(file.get(own)), theirs.at(from));
  };
  EXPECT_TRUE(same("sigmoid1.weight", "encode1.weight") && same("sigmoid1.bias", "encode1.bias"));
  EXPECT_TRUE(same("dense1.weight", "encode2.weight") && same("dense1.bias", "encode2.bias"));
  const Recipe wider = parse_recipe(kClassifier, "classifier.toml",
                                    {"layers=['grey', 'flat 28 28', 'sigmoid 61']", "frozen=[]"});
  EXPECT_NE(message_of([&] { Trainer(wider, set, {}, alone, layers.get()); }).find("first layer is not like"),
            std::string::npos);
}

}  // namespace
}  // namespace reverie
