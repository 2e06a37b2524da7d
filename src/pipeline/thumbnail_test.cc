#include "pipeline/thumbnail.h"

#include <gtest/gtest.h>

#include <chrono>
#include <cstdlib>
#include <fstream>
#include <thread>

#include "core/test_help.h"
#include "pipeline/thumbnails.h"

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

TEST_F(ThumbnailTest, ThoseInSightAreMadeFirst) {
  const auto preset = [&](const std::string& name, const std::string& effect) {
    PresetEntry e;
    e.name = name;
    e.path = folder_.write(name + ".toml", "effect = \"" + effect + "\"\n");
    return e;
  };
  std::vector<PresetEntry> all;
  for (int n = 0; n < 20; ++n) all.push_back(preset("p" + std::to_string(n), "grade"));
  const PresetEntry none = preset("none", "nosuch");
  Thumbnails made;
  EXPECT_FALSE(made.comes(none)) << "nobody asked";
  EXPECT_EQ(made.get(none), nullptr);
  for (const PresetEntry& e : all) made.get(e, &e == &all[18]);
  for (int n = 0; n < 1000 && made.comes(all[18]); ++n)
    std::this_thread::sleep_for(std::chrono::milliseconds(5));
  EXPECT_TRUE(made.comes(all[19])) << "it is out of sight";
  EXPECT_NE(made.get(all[18]), nullptr);
  EXPECT_EQ(made.get(none), nullptr);
  EXPECT_FALSE(made.comes(none)) << "it cannot be played";
}

}  // namespace
}  // namespace reverie
