#include "pipeline/thumbnail.h"

#include <gtest/gtest.h>

#include <cstdlib>
#include <fstream>

#include "core/test_help.h"

namespace reverie {
namespace {

class ThumbnailTest : public testing::Test {
 protected:
  ThumbnailTest() { setenv("XDG_CACHE_HOME", folder_.path().c_str(), 1); }
  ~ThumbnailTest() override { unsetenv("XDG_CACHE_HOME"); }

  TemporaryFolder folder_;
};

double contrast(const Planes& p) {
  double sum = 0, squares = 0;
  for (const float v : p.data()) sum += v, squares += v * v;
  const auto n = static_cast<double>(p.data().size());
  return squares / n - sum / n * sum / n;
}

TEST_F(ThumbnailTest, IsMadeOnceAndAgainWhereThePresetChanged) {
  Chain chain = load_chain("smoke");
  const Planes made = thumbnail(chain, InputNeed::kNone);
  EXPECT_EQ(made.width(), kThumbnailWidth);
  EXPECT_GT(contrast(made), 1e-3);
  const auto never = [] { return false; };
  EXPECT_LT(mean_absolute_difference(thumbnail(chain, InputNeed::kNone, never), made), 0.003)
      << "from the cache";
  chain.parts[0].preset.values.set("hue", 40);
  EXPECT_TRUE(thumbnail(chain, InputNeed::kNone, never).empty()) << "it is another, and was not let finish";
  EXPECT_GT(mean_absolute_difference(thumbnail(chain, InputNeed::kNone), made), 0.003);
}

TEST_F(ThumbnailTest, WhatNeedsAnInputIsShownOneAndADamagedFileIsMadeAgain) {
  const Chain chain = load_chain("veil");
  const Planes made = thumbnail(chain, InputNeed::kRequired);
  EXPECT_GT(contrast(made), 1e-3);
  std::ofstream(thumbnail_file(chain, InputNeed::kRequired)) << "no picture";
  EXPECT_LT(mean_absolute_difference(thumbnail(chain, InputNeed::kRequired), made), 0.003);
}

}  // namespace
}  // namespace reverie
