#include "effects/effects.h"

#include <gtest/gtest.h>

#include "core/error.h"

namespace reverie {
namespace {

TEST(Effects, EveryOneMakesAFrameFromItsDefaults) {
  for (const EffectKind& kind : effects()) {
    const ParameterValues values(kind.parameters());
    EffectSetup setup;
    setup.width = 40;
    setup.height = 24;
    setup.seed = 1;
    const auto effect = kind.make(setup, values);
    Planes first;
    Planes second;
    effect->process({{0, 0}}, values, first);
    effect->process({{1, 1.0 / 30}}, values, second);
    EXPECT_EQ(first.width(), 40);
    EXPECT_EQ(first.height(), 24);
    const bool lives_alone = kind.input != InputNeed::kRequired;
    EXPECT_EQ(mean_absolute_difference(first, second) > 1e-4, lives_alone) << kind.name;
  }
}

TEST(Effects, PrerollShowsALaterFrameFirst) {
  const EffectKind& kind = find_effect("feedback");
  ParameterValues values(kind.parameters());
  EffectSetup setup;
  setup.width = setup.height = 16;
  setup.seed = 1;
  Planes third;
  const auto plain = kind.make(setup, values);
  for (int frame = 0; frame < 3; ++frame) plain->process({{frame, 0}}, values, third);
  values.set("preroll", 2);
  Planes first;
  kind.make(setup, values)->process({{0, 0}}, values, first);
  EXPECT_EQ(first.data(), third.data());
}

TEST(Effects, UnknownOneNamesTheNearest) {
  try {
    find_effect("feedbak");
    FAIL();
  } catch (const Error& e) {
    EXPECT_STREQ(e.what(), "there is no effect 'feedbak', did you mean 'feedback'?");
  }
}

TEST(Effects, EveryParameterIsDescribed) {
  for (const EffectKind& kind : effects()) {
    for (const Parameter& p : kind.parameters().all()) {
      EXPECT_FALSE(p.help.empty()) << p.name;
      EXPECT_FALSE(describe_range(p).empty()) << p.name;
    }
  }
}

}  // namespace
}  // namespace reverie
