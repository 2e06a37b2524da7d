// What a run leaves and logs, when it ends, and the pictures that are watched.
#include "train/run.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <map>

#include "core/file.h"
#include "train/evaluate.h"
#include "train/event_log.h"
#include "train/run_log.h"
#include "train/train_test_help.h"

namespace reverie {
namespace {

namespace fs = std::filesystem;

constexpr const char* kOneStage = R"(
[hourglass]
channels = [4]
[[stage]]
batch = 6
iterations = 100
)";

class Runs : public testing::Test {
 protected:
  RunOptions options(const std::vector<std::string>& changes) {
    RunOptions o;
    o.recipe = parse_recipe(kOneStage, "one.toml", changes);
    o.settings.data = small_set(folder_);
    o.settings.threads = 1;
    o.run = folder_.path() / "run";
    o.quiet = true;
    return o;
  }
  // The test losses that the run logged, but for that after the first step.
  std::vector<double> test_losses() const {
    for (const ScalarSeries& s : read_scalars(folder_.path() / "run")) {
      if (s.tag == "loss/test_total") return {s.values.begin() + 1, s.values.end()};
    }
    return {};
  }
  TemporaryFolder folder_;
};

// A rate that rises until what was learned is lost.
TEST_F(Runs, TheBestModelIsKept) {
  const RunOptions o =
      options({"keep=best", "rate=0.0005", "rate_policy=exponential", "rate_factor=1.1", "iterations=100"});
  EXPECT_EQ(run_training(o), RunEnd::kDone);
  const std::vector<double> losses = test_losses();
  const auto least = std::min_element(losses.begin(), losses.end());
  ASSERT_LT(*least, 0.9 * losses.back());
  const BestTest best = read_checkpoint(o.run)->best.value();
  EXPECT_EQ(best.iteration, 5 * (least - losses.begin() + 1));
  EXPECT_NEAR(best.loss, *least, 1e-4 * *least);
  // the model is that of the best test, not of the end
  const RecordSet set = RecordSet::open(o.settings.data);
  const double error =
      evaluate(as_hourglass(*read_model(o.run / "model.safetensors"), "test"), set, Split::kTest, 0)
          .l2_errors[0];
  EXPECT_NEAR(error, best.loss, 1e-3 * best.loss);
}

TEST_F(Runs, PatienceEndsTheLastStage) {
  RunOptions o = options({"patience=2", "rate=0", "iterations=200"});
  EXPECT_EQ(run_training(o), RunEnd::kDone);
  // tests after 10, 20 and 30 iterations; a step more tells all processes
  EXPECT_EQ(read_checkpoint(o.run)->iteration, 31);
  const std::vector<uint8_t> before = read_file(o.run / "checkpoint.safetensors", 1U << 20U);
  o.resume = true;
  EXPECT_EQ(run_training(o), RunEnd::kDone);
  EXPECT_EQ(read_file(o.run / "checkpoint.safetensors", 1U << 20U), before);
  // more patience may be asked for
  o.recipe.patience = 3;
  EXPECT_EQ(run_training(o), RunEnd::kDone);
  EXPECT_EQ(read_checkpoint(o.run)->iteration, 41);
}

TEST_F(Runs, TestPicturesAreNeeded) {
  RunOptions o = options({"keep=best"});
  RecordSetWriter writer(folder_.path() / "train.tfrecord");
  writer.add(std::vector<uint8_t>(768), 16, 16, -1, Split::kTrain);
  writer.finish();
  o.settings.data = folder_.path() / "train.tfrecord";
  EXPECT_NE(message_of([&] { run_training(o); }).find("keep = \"best\" needs test pictures"),
            std::string::npos);
}

TEST_F(Runs, TheWatchedPictureIsTheNewestSheet) {
  RunOptions o = options({"iterations=40"});
  o.views.watch = folder_.path() / "now" / "watch.png";
  run_training(o);
  EXPECT_EQ(read_file(o.views.watch, 1U << 20U),
            read_file(o.run / "sheets" / "reconstructions-0000040.png", 1U << 20U));
  const auto files =
      std::distance(fs::directory_iterator(o.views.watch.parent_path()), fs::directory_iterator());
  EXPECT_EQ(files, 1);
}

TEST_F(Runs, AFilmsSheetsComeEverySoManyIterations) {
  RunOptions o = options({"iterations=40"});
  o.views.film_every = 15;
  run_training(o);
  std::vector<std::string> names;
  for (const auto& entry : fs::directory_iterator(film_folder(o.run)))
    names.push_back(entry.path().filename().string());
  std::sort(names.begin(), names.end());
  EXPECT_EQ(names, (std::vector<std::string>{"000000001.png", "000000015.png", "000000030.png"}));
}

// What a run says on stderr.
std::string said_by(const RunOptions& options) {
  testing::internal::CaptureStderr();
  run_training(options);
  return testing::internal::GetCapturedStderr();
}

TEST(Run, ASaturatedOneIsWarnedOf) {
  const TemporaryFolder folder;
  RunOptions options;
  options.settings.data = small_set(folder);
  options.quiet = true;
  const auto said = [&](const std::string& run, const std::string& rate) {
    options.recipe = parse_recipe(
        "[hourglass]\nchannels = [12]\n[[stage]]\nbatch = 10\niterations = 200\nrate = " + rate, "r.toml");
    options.run = folder.path() / run;
    return said_by(options);
  };
  EXPECT_NE(said("saturated", "10").find("nothing is learned: the loss stays at "), std::string::npos);
  EXPECT_EQ(said("sound", "0.001").find("warning"), std::string::npos);
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
  EXPECT_NE(message_of([&] { run_training(options); }).find("there already is one"), std::string::npos);
  const HourglassModel model = read_hourglass(options.run);
  EXPECT_EQ(model.net.config().count(), 2);
}

// A killed run has lost nothing of what its checkpoint was made after.
TEST(Run, EveryLoggedPointIsInTheFileAtOnce) {
  const TemporaryFolder folder;
  const RecordSet set = RecordSet::open(small_set(folder));
  const Recipe recipe = small({"iterations=1000"});
  Group alone;
  Trainer trainer(recipe, set, {}, alone, nullptr);
  RunLog log(folder.path(), recipe, set, 0);
  for (int i = 0; i < 45; ++i) log.step(trainer.step(), trainer);
  std::map<std::string, ScalarSeries> logged;
  for (const ScalarSeries& s : read_scalars(folder.path())) logged[s.tag] = s;
  EXPECT_EQ(logged["loss/total"].steps, (std::vector<int64_t>{19, 39}));
  EXPECT_EQ(logged["loss/test_total"].steps, (std::vector<int64_t>{0}));
}

TEST(Run, TheLossOnTheWayIsThatOfTheLatestSteps) {
  const TemporaryFolder folder;
  const RecordSet set = RecordSet::open(small_set(folder));
  const Recipe recipe = small({"iterations=1000"});
  Group alone;
  const Trainer trainer(recipe, set, {}, alone, nullptr);
  RunLog log(folder.path(), recipe, set, 0);
  TrainingStep step;
  const auto steps = [&](int count, double loss) {
    step.loss = loss;
    for (int i = 0; i < count; ++i, ++step.iteration) log.step(step, trainer);
  };
  steps(1, 100);
  EXPECT_TRUE(log.losses().starts_with("loss 100,")) << log.losses();
  steps(1, 50);
  EXPECT_TRUE(log.losses().starts_with("loss 75,")) << log.losses();
  steps(20, 2);
  EXPECT_TRUE(log.losses().starts_with("loss 2,")) << log.losses();
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
  EXPECT_TRUE(torch::equal(read_hourglass(again.run).net.flat(), read_hourglass(options.run).net.flat()));
}

}  // namespace
}  // namespace reverie
