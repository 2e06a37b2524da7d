#include <gtest/gtest.h>

#include <cmath>

#include "core/random.h"
#include "core/test_help.h"
#include "trajectories/bag_of_words.h"
#include "trajectories/chi_square_svm.h"
#include "trajectories/leave_one_out.h"

namespace reverie {
namespace {

Rows clusters(int per_cluster, uint64_t seed) {
  Rows rows;
  rows.length = 5;
  Random draws(seed);
  for (int i = 0; i < per_cluster; ++i) {
    for (int c = 0; c < 4; ++c) {
      for (int d = 0; d < 5; ++d)
        rows.values.push_back(static_cast<float>(10 * ((c >> (d % 2)) & 1) + 0.5 * draws.normal()));
    }
  }
  return rows;
}

TEST(Codebook, FindsClustersTheSameForAnyNumberOfThreads) {
  const Rows rows = clusters(300, 1);
  Threads one(1);
  Threads three(3);
  const Codebook book(rows, 4, 7, one);
  EXPECT_NEAR(book.error(), 5 * 0.25, 0.1);
  for (size_t i = 4; i < rows.size(); ++i) EXPECT_EQ(book.word(rows.row(i)), book.word(rows.row(i % 4)));
  const Codebook same(rows, 4, 7, three);
  EXPECT_EQ(book.error(), same.error());
  const std::vector<double> histogram = word_histogram(book, rows, three);
  for (const double share : histogram) EXPECT_NEAR(share, 0.25, 1e-9);
}

TEST(Codebook, FewerRowsThanWordsAndNone) {
  Threads threads(1);
  const Rows rows = clusters(1, 2);
  const Codebook book(rows, 100, 1, threads);
  EXPECT_EQ(book.words(), 4);
  EXPECT_NEAR(book.error(), 0, 1e-9);
  EXPECT_EQ(Codebook({5, {}}, 10, 1, threads).words(), 0);
  Rows same;
  same.length = 2;
  same.values.assign(40, 1.5F);
  EXPECT_NEAR(Codebook(same, 3, 1, threads).error(), 0, 1e-9);
}

TEST(ChiSquare, IsTheDistanceOfThePapers) {
  EXPECT_DOUBLE_EQ(chi_square({0.5, 0.5, 0}, {0.5, 0.5, 0}), 0);
  EXPECT_DOUBLE_EQ(chi_square({1, 0}, {0, 1}), 1);
  EXPECT_DOUBLE_EQ(chi_square({0.75, 0.25}, {0.25, 0.75}), 0.25);
}

// Two points have a machine in closed form: both weights are 1 / (1 - k), the bias is 0.
TEST(BinaryMachine, IsTheClosedFormForTwoPoints) {
  const double k = 0.3;
  const BinaryMachine m = train_binary({{1, k}, {k, 1}}, {1, -1}, 100);
  EXPECT_NEAR(m.weights[0], 1 / (1 - k), 1e-3);
  EXPECT_NEAR(m.weights[1], -1 / (1 - k), 1e-3);
  EXPECT_NEAR(m.bias, 0, 1e-3);
  const BinaryMachine bound = train_binary({{1, k}, {k, 1}}, {1, -1}, 0.5);
  EXPECT_NEAR(bound.weights[0], 0.5, 1e-9);
}

// The optimum is where its conditions hold (Karush, Kuhn, Tucker).
TEST(BinaryMachine, MeetsTheConditionsOfItsOptimum) {
  constexpr size_t kCount = 60;
  constexpr double kC = 10;
  Random draws(5);
  std::vector<std::array<double, 2>> points;
  std::vector<int> y;
  for (size_t i = 0; i < kCount; ++i) {
    y.push_back(i % 2 == 0 ? 1 : -1);
    points.push_back({draws.normal() + 0.8 * y.back(), draws.normal()});  // they overlap
  }
  std::vector<std::vector<double>> kernel(kCount, std::vector<double>(kCount));
  for (size_t i = 0; i < kCount; ++i) {
    for (size_t j = 0; j < kCount; ++j)
      kernel[i][j] =
          std::exp(-std::pow(points[i][0] - points[j][0], 2) - std::pow(points[i][1] - points[j][1], 2));
  }
  const BinaryMachine m = train_binary(kernel, y, kC);
  double sum = 0;
  for (size_t i = 0; i < kCount; ++i) {
    sum += m.weights[i];
    double value = m.bias;
    for (size_t j = 0; j < kCount; ++j) value += m.weights[j] * kernel[i][j];
    const double a = m.weights[i] * y[i];
    const double margin = value * y[i];
    EXPECT_GE(a, 0);
    EXPECT_LE(a, kC);
    // only what is at its bound may lie beyond or within the margin
    if (a < kC - 1e-9) {
      EXPECT_GT(margin, 1 - 2e-3);
    }
    if (a > 1e-9) {
      EXPECT_LT(margin, 1 + 2e-3);
    }
  }
  EXPECT_NEAR(sum, 0, 1e-9);
}

std::vector<LabelledClip> made_up_clips(int groups, bool told_apart) {
  std::vector<LabelledClip> clips;
  Random draws(9);
  for (int group = 0; group < groups; ++group) {
    for (int label = 0; label < 2; ++label) {
      LabelledClip& clip = clips.emplace_back();
      clip.name = fmt::format("{}-{}", group, label);
      clip.label = label;
      clip.group = group;
      for (int t = 0; t < 60; ++t) {
        auto& values = clip.tracks.emplace_back();
        for (float& v : values) v = static_cast<float>(0.1 * draws.normal() + (told_apart ? label : 0));
      }
    }
  }
  return clips;
}

TEST(LeaveOneGroupOut, RecognisesWhatCanBeTold) {
  Threads threads(2);
  RecognitionSettings settings;
  settings.words = 16;
  int folds = 0;
  const RecognitionResult good =
      leave_one_group_out(made_up_clips(4, true), {"a", "b"}, settings, threads, [&](int, int) { ++folds; });
  EXPECT_EQ(folds, 4);
  EXPECT_EQ(good.right(), 1);
  EXPECT_TRUE(good.mistaken.empty());
  const RecognitionResult chance =
      leave_one_group_out(made_up_clips(12, false), {"a", "b"}, settings, threads);
  EXPECT_LT(chance.right(), 0.85);
  const Planes sheet = confusion_sheet(good.confusion, {"a", "b"}, "title");
  EXPECT_GT(sheet.width(), 2 * 72);
}

TEST(LeaveOneGroupOut, SaysWhatIsMissing) {
  Threads threads(1);
  EXPECT_NE(message_of([&] {
              leave_one_group_out(made_up_clips(1, true), {"a", "b"}, {}, threads);
            }).find("1 group and 2 labels"),
            std::string::npos);
  std::vector<LabelledClip> lonely = made_up_clips(2, true);
  lonely.pop_back();
  EXPECT_NE(message_of([&] {
              leave_one_group_out(lonely, {"a", "b"}, {}, threads);
            }).find("no other group has a clip of 'b'"),
            std::string::npos);
}

}  // namespace
}  // namespace reverie
