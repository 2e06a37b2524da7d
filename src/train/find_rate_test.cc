#include "train/find_rate.h"

#include <gtest/gtest.h>

#include "train/train_test_help.h"

namespace reverie {
namespace {

TEST(FindRate, SuggestsARateBelowWhatDiverges) {
  const TemporaryFolder folder;
  const RecordSet set = RecordSet::open(small_set(folder));
  const Recipe recipe = small({"corrupt=0", "drop=0"});
  const RateSearch search = find_rate(recipe, set, {}, 100, true, nullptr);
  ASSERT_GT(search.trials.size(), 20U);
  EXPECT_NEAR(search.trials[0].rate, 0.002 / 1e4, 1e-12);
  const double factor = search.trials[1].rate / search.trials[0].rate;
  for (size_t i = 1; i < search.trials.size(); ++i)
    EXPECT_NEAR(search.trials[i].rate / search.trials[i - 1].rate, factor, 1e-6);
  // far above, it diverges; far below, 100 iterations learn nothing
  EXPECT_TRUE(search.diverged);
  EXPECT_GT(search.suggested, 1e-4);
  EXPECT_LT(search.suggested, 5e-3);
  EXPECT_GT(search.trials.back().rate, 10 * search.suggested);
  // the same again, and nothing is left behind
  const RateSearch again = find_rate(recipe, set, {}, 100, true, nullptr);
  EXPECT_EQ(again.suggested, search.suggested);
  EXPECT_EQ(again.trials.size(), search.trials.size());
}

TEST(FindRate, EndsWhereTheLossIsNotFinite) {
  const TemporaryFolder folder;
  const RecordSet set = RecordSet::open(small_set(folder));
  const Recipe recipe = small({"activation=[\"linear\"]", "output=linear", "rate=1e3"});
  const RateSearch search = find_rate(recipe, set, {}, 100, true, nullptr);
  EXPECT_TRUE(search.diverged);
  EXPECT_LT(search.trials.size(), 100U);
  EXPECT_LT(search.suggested, 1);
}

}  // namespace
}  // namespace reverie
