// Training networks that watch videos.
#include "train/video_task.h"

#include <gtest/gtest.h>

#include <cmath>

#include "core/random.h"
#include "core/test_help.h"
#include "train/folds.h"
#include "train/resume_test_help.h"
#include "train/test_set.h"

namespace reverie {
namespace {

namespace fs = std::filesystem;

constexpr int kSide = 12;
constexpr int kFrames = 6;

// Stripes that move to the left or to the right, of which no frame tells which; two clips of each video, and
// videos of four groups.
void write_moving_stripes(const fs::path& file, int videos) {
  Random random(5);
  RecordSetWriter writer(file);
  const int labels[2] = {writer.label("left"), writer.label("right")};
  for (int video = 0; video < videos; ++video) {
    const double by = video % 2 == 0 ? 1.2 : -1.2;
    for (int clip = 0; clip < 2; ++clip) {
      const double phase = random.uniform() * 6.283;
      const double strength = 40 + 60 * random.uniform();
      std::vector<uint8_t> strip;
      for (int t = 0; t < kFrames; ++t) {
        for (int i = 0; i < kSide * kSide; ++i) {
          const double v =
              128 + strength * std::sin((i % kSide + by * t) * 0.9 + phase) + 4 * random.normal();
          strip.insert(strip.end(), 3, static_cast<uint8_t>(std::clamp(v, 0.0, 255.0)));
        }
      }
      writer.add_clip(strip, kFrames * kSide, kSide, labels[video % 2], std::nullopt,
                      {kFrames, video, "p" + std::to_string(video / 2 % 4)});
    }
  }
  writer.finish();
}

Recipe small(const std::vector<std::string>& changes = {}) {
  constexpr const char* kSmall = R"(
[video]
frames = 5
layers = ["conv 6 3 3", "max 2", "dropout 0.1", "mean", "fuse"]
[input]
mean = "channel"
scale = 0.015625
shift = 1
[[stage]]
solver = "adam"
batch = 12
iterations = 60
rate = 0.01
)";
  return parse_recipe(kSmall, "small.toml", changes);
}

double figure(const std::vector<Figure>& all, const std::string& name) {
  for (const Figure& f : all) {
    if (f.name == name) return f.value;
  }
  return -1;
}

std::vector<Figure> after_training(const Recipe& recipe, const RecordSet& set) {
  Group alone;
  Trainer trainer(recipe, set, {}, alone, nullptr);
  while (!trainer.done()) trainer.step();
  return figures_of(*trainer.model(), set, Split::kTest, 0);
}

TEST(VideoTask, MotionTellsWhatNoFrameTells) {
  const TemporaryFolder folder;
  write_moving_stripes(folder.path() / "set.tfrecord", 48);
  RecordSet set = RecordSet::open(folder.path() / "set.tfrecord");
  set.leave_out("p2");
  ASSERT_EQ(set.size(Split::kTest), 24U);
  const auto moving = after_training(small(), set);
  EXPECT_EQ(figure(moving, "clips"), 24);
  EXPECT_EQ(figure(moving, "videos"), 12);
  EXPECT_GT(figure(moving, "top1"), 0.95);
  EXPECT_GT(figure(moving, "videos_top1"), 0.95);
  const auto still =
      after_training(small({"video.frames=1", "video.layers=['conv 6 3', 'max 2', 'mean']"}), set);
  EXPECT_LT(figure(still, "top1"), 0.75);
  const auto streams = after_training(small({"video.input=both", "video.layers=['middle', 'conv 4', 'mean']",
                                             "video.flow_layers=['conv 6 3 4', 'mean']"}),
                                      set);
  EXPECT_GT(figure(streams, "top1"), 0.5);
}

TEST(VideoTask, GoesOnFromACheckpointToTheSameBits) {
  const TemporaryFolder folder;
  write_moving_stripes(folder.path() / "set.tfrecord", 8);
  const RecordSet set = RecordSet::open(folder.path() / "set.tfrecord");
  const Recipe recipe =
      small({"video.layers=['conv 4', 'gru 3', 'mean', 'lstm 4', 'dropout 0.3']", "iterations=10"});
  const auto [whole, end] = train_both_ways(recipe, set, 4, 10);
  EXPECT_TRUE(torch::equal(end.weights[0], whole.weights[0]));
  EXPECT_TRUE(torch::equal(end.buffers[0], whole.buffers[0]));
}

// The frames tell all, and the flow less its mean little.
Recipe fused(const std::vector<std::string>& changes = {}) {
  std::vector<std::string> all = {"video.input=both", "video.flow_layers=['conv 4', 'mean']"};
  all.insert(all.end(), changes.begin(), changes.end());
  const Recipe streams = small(all);
  const std::string text = format_recipe(streams);
  const size_t end = text.find("[input]");
  return parse_recipe(text.substr(0, end) + "fusion = \"svm\"\n" + text.substr(end) + R"(
[[stage]]
fuse = true
solver = "adam"
batch = 24
iterations = 40
rate = 0.05
weight_decay = 0.0001
)",
                      "fused.toml");
}

TEST(VideoTask, AMachineLearnsWhichStreamToTrust) {
  const TemporaryFolder folder;
  write_moving_stripes(folder.path() / "set.tfrecord", 48);
  RecordSet set = RecordSet::open(folder.path() / "set.tfrecord");
  set.leave_out("p2");
  const Recipe recipe = fused();
  Group alone;
  Trainer trainer(recipe, set, {}, alone, nullptr);
  while (trainer.iteration() < recipe.stages[0].iterations) trainer.step();
  const auto streams = trainer.model();
  while (!trainer.done()) trainer.step();
  const auto both = trainer.model();
  const auto loss = [&](const std::unique_ptr<Model>& model) {
    return figure(figures_of(*model, set, Split::kTest, 0), "cross_entropy");
  };
  EXPECT_LT(loss(both), 0.7 * loss(streams));
  EXPECT_GT(figure(figures_of(*both, set, Split::kTest, 0), "top1"), 0.95);
  const torch::Tensor& before = streams->parameters().flat();
  const torch::Tensor& after = both->parameters().flat();
  for (const ParameterSlice& slice : both->parameters().slices()) {
    const auto of = [&](const torch::Tensor& flat) { return flat.narrow(0, slice.begin, slice.count); };
    EXPECT_EQ(torch::equal(of(before), of(after)), !is_within(kFusion, slice.name)) << slice.name;
    if (slice.name != "fusion.weight") continue;
    const torch::Tensor weight = of(after).view(slice.shape);
    EXPECT_GT(weight.narrow(1, 0, 2).norm().item<double>(),
              1.5 * weight.narrow(1, 2, 2).norm().item<double>());
  }
  EXPECT_TRUE(torch::equal(streams->parameters().buffers(), both->parameters().buffers()));
}

TEST(VideoTask, AMachineGoesOnToTheSameBits) {
  const TemporaryFolder folder;
  write_moving_stripes(folder.path() / "set.tfrecord", 8);
  const RecordSet set = RecordSet::open(folder.path() / "set.tfrecord");
  const auto [whole, end] = train_both_ways(fused({"iterations=4"}), set, 7, 10);
  EXPECT_TRUE(torch::equal(end.weights[0], whole.weights[0]));
}

TEST(VideoTask, AMachineWithoutStreamsOrStageIsRefused) {
  EXPECT_NE(message_of([] { small({"video.fusion=svm"}); }).find("a machine fuses two streams"),
            std::string::npos);
  EXPECT_NE(message_of([] { small({"stage.1.fuse=true"}); }).find("fuse needs"), std::string::npos);
  const TemporaryFolder folder;
  write_moving_stripes(folder.path() / "set.tfrecord", 8);
  const RecordSet set = RecordSet::open(folder.path() / "set.tfrecord");
  Group alone;
  const Recipe recipe = small({"video.input=both", "video.fusion=svm"});
  EXPECT_NE(message_of([&] { Trainer(recipe, set, {}, alone, nullptr); }).find("learns in no stage"),
            std::string::npos);
}

TEST(HingeLoss, IsByHowMuchTheBestWrongOneComesWithinOne) {
  const torch::Tensor values = torch::tensor({{2.0, 0.5, 1.5}, {0.0, 3.0, 1.0}, {1.0, 1.0, 4.0}});
  const auto loss = [&](std::vector<int64_t> labels) {
    return hinge_loss(values, torch::tensor(labels)).item<double>();
  };
  EXPECT_NEAR(loss({0, 1, 2}), 0.5, 1e-6);
  EXPECT_NEAR(loss({0, 0, -1}), 4.5, 1e-6);
}

TEST(VideoTask, EachGroupIsLeftOutInTurn) {
  const TemporaryFolder folder;
  RunOptions options;
  options.recipe = small({"iterations=30"});
  options.settings.data = folder.path() / "set.tfrecord";
  write_moving_stripes(options.settings.data, 24);
  options.run = folder.path() / "folds";
  options.quiet = true;
  const auto result = train_folds(options);
  ASSERT_TRUE(result);
  EXPECT_EQ(all_answers(result->confusion), 24);
  EXPECT_GE(right_answers(result->confusion), 22);
  EXPECT_EQ(static_cast<int>(result->mistaken.size()), 24 - right_answers(result->confusion));
  EXPECT_TRUE(fs::exists(options.run / "confusion.png"));
  EXPECT_EQ(read_run(options.run / "p3").settings.leave_out, "p3");
  // finished runs are taken as they are
  const auto again = train_folds(options);
  ASSERT_TRUE(again);
  EXPECT_EQ(again->confusion, result->confusion);
  options.recipe = small({"iterations=30", "batch=4"});
  EXPECT_NE(message_of([&] { train_folds(options); }).find("another recipe"), std::string::npos);
}

TEST(VideoTask, SetsAndModelsThatDoNotFitAreNamed) {
  const TemporaryFolder folder;
  write_moving_stripes(folder.path() / "set.tfrecord", 8);
  RecordSet clips = RecordSet::open(folder.path() / "set.tfrecord");
  const RecordSet pictures = striped_set(10, 4, kSide);
  Group alone;
  const auto error = [&](const Recipe& recipe, const RecordSet& set) {
    return message_of([&] { Trainer(recipe, set, {}, alone, nullptr); });
  };
  EXPECT_NE(error(small(), pictures).find("holds pictures, and the family video learns from clips"),
            std::string::npos);
  EXPECT_NE(
      error(small({"video.frames=7"}), clips).find("looks at 7 frames, and the clips of the set have 6"),
      std::string::npos);
  const Recipe classifier =
      parse_recipe("[classifier]\nlayers = [\"conv 4\", \"mean\"]\n[[stage]]\niterations = 2\n", "c.toml");
  EXPECT_NE(error(classifier, clips).find("holds clips"), std::string::npos);
  EXPECT_NE(message_of([&] { clips.leave_out("p9"); }).find("no such group"), std::string::npos);
}

TEST(VideoTask, GroupsAreNotSplit) {
  const TemporaryFolder folder;
  const fs::path file = folder.path() / "set.tfrecord";
  {
    RecordSetWriter writer(file, {3, 0.5});
    writer.label("a");
    for (int i = 0; i < 24; ++i)
      writer.add_clip(std::vector<uint8_t>(2 * 4 * 4 * 3), 8, 4, 0, std::nullopt,
                      {2, i, "g" + std::to_string(i % 6)});
    writer.finish();
  }
  const RecordSet set = RecordSet::open(file);
  EXPECT_EQ(set.size(Split::kTest), 12U);
  for (size_t i = 0; i < set.size(Split::kTest); ++i) {
    for (size_t j = 0; j < set.size(Split::kTrain); ++j)
      EXPECT_NE(set.record(Split::kTest, i).group, set.record(Split::kTrain, j).group);
  }
}

}  // namespace
}  // namespace reverie
