#include "control/variation.h"

#include <gtest/gtest.h>

#include <algorithm>

namespace reverie {
namespace {

Preset small_preset() {
  Preset p("feedback");
  p.values.set("levels", 1);
  p.values.set("sblur", {0.2, 0.4});
  p.values.set("zoom", 1.01);
  p.values.set("weights_seed", 5);
  Lfo lfo;
  lfo.parameter = "zoom";
  lfo.depth = 0.01;
  p.lfos.push_back(lfo);
  return p;
}

Preset other_preset() {
  Preset p("feedback");
  p.values.set("levels", 2);
  p.values.set("channels", {3, 6, 9});
  p.values.set("sblur", 0.9);
  p.values.set_text("palette", "kandinsky");
  return p;
}

TEST(Variation, ChildrenStayWithinEveryRangeAndAreTheSameForTheSameDraws) {
  const Preset a = small_preset();
  const Preset b = other_preset();
  Variation wild;
  wild.iso = 1;
  wild.line = 2;
  wild.changed = wild.words = 1;
  for (uint64_t i = 0; i < 200; ++i) {
    const Preset child = child_of(a, b, wild, Random(i));  // throws where a value leaves its range
    EXPECT_EQ(format_preset(child), format_preset(child_of(a, b, wild, Random(i))));
    for (const Parameter& p : child.values.table().all()) {
      for (const double v : child.values.list(p.name)) {
        EXPECT_GE(v, p.low) << p.name;
        EXPECT_LE(v, p.high) << p.name;
      }
    }
  }
}

TEST(Variation, NothingChangesWhereNothingMay) {
  const Preset a = small_preset();
  const Variation none = {0, 0, 0, 0, 0, 0, 0, 0};
  EXPECT_EQ(format_preset(child_of(a, other_preset(), none, Random(3))), format_preset(a));
}

TEST(Variation, TheLineLeadsThroughBothParents) {
  const Preset a = small_preset();
  const Preset b = other_preset();
  Variation line = {0, 1, 0, 0, 0, 0, 0, 0};
  int between = 0;
  for (uint64_t i = 0; i < 100; ++i) {
    const Preset child = child_of(a, b, line, Random(i));
    const double low = child.values.number("sblur", 0);
    const double high = child.values.number("sblur", 1);
    // both levels have gone the same share of their ways
    const double share = (low - 0.2) / (0.9 - 0.2);
    if (share <= -0.2 || share >= 1) continue;
    EXPECT_NEAR((high - 0.4) / (0.9 - 0.4), share, 0.02);
    ++between;
  }
  EXPECT_GT(between, 40);
}

TEST(Variation, AStructureComesAsAWhole) {
  Variation how = {0, 0, 0, 0, 0, 0, 1, 0};
  const Preset child = child_of(small_preset(), other_preset(), how, Random(1));
  EXPECT_EQ(child.values.integer("levels"), 2);
  EXPECT_EQ(child.values.list("channels"), (std::vector<double>{3, 6, 9}));
  EXPECT_EQ(child.values.text("palette"), "");  // how it is looked at is no part of it
  how.texts = 1;
  EXPECT_EQ(child_of(small_preset(), other_preset(), how, Random(1)).values.text("palette"), "kandinsky");
}

TEST(Variation, RandomWeightsStayWithTheChild) {
  Preset a = small_preset();
  a.values.set("weights_seed", 0);
  const Variation none = {0, 0, 0, 0, 0, 0, 0, 0};
  EXPECT_GT(child_of(a, a, none, Random(3)).values.integer("weights_seed"), 0);
}

}  // namespace
}  // namespace reverie
