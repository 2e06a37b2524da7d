#include "effects/effects.h"

#include <gtest/gtest.h>

#include "core/error.h"
#include "core/random.h"
#include "core/test_help.h"
#include "weights/safetensors.h"

namespace reverie {
namespace {

TEST(Effects, EveryOneMakesAFrameFromItsDefaults) {
  for (const EffectKind& kind : effects()) {
    if (kind.needs_torch) continue;  // their own tests make them
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

// A model that says "mean" is played with mean pooling, unless the preset says otherwise; one of version 0.1
// as the preset says.
TEST(Effects, AModelsOwnPoolingIsTheDefault) {
  const TemporaryFolder folder;
  const EffectKind& kind = find_effect("feedback");
  const auto first_frame = [&](const std::map<std::string, std::string>& says, const char* pool) {
    TensorFile model;
    model.metadata = says;
    Random draws(5);
    const auto add = [&](const std::string& name, std::vector<int64_t> shape) {
      Tensor t;
      t.shape = std::move(shape);
      size_t count = 1;
      for (const int64_t n : t.shape) count *= static_cast<size_t>(n);
      for (size_t i = 0; i < count; ++i) t.data.push_back(static_cast<float>(0.5 * draws.normal()));
      model.tensors[name] = std::move(t);
    };
    add("encode1.weight", {4, 3, 3, 3});
    add("encode1.bias", {4});
    add("decode1.weight", {4, 3, 2, 2});
    add("decode1.bias", {3});
    const auto file = folder.path() / "model.safetensors";
    write_safetensors(file, model);
    ParameterValues values(kind.parameters());
    values.set("levels", 1);
    values.set_text("weights", file.string());
    if (pool) values.set_text("pool", pool);
    EffectSetup setup;
    setup.width = setup.height = 16;
    setup.seed = 1;
    setup.find_file = [](const std::string& name) { return std::filesystem::path(name); };
    Planes out;
    const auto effect = kind.make(setup, values);
    for (int frame = 0; frame < 3; ++frame) effect->process({{frame, 0}}, values, out);
    return out.data();
  };
  const auto max = first_frame({}, "max");
  const auto mean = first_frame({}, "mean");
  ASSERT_NE(max, mean);
  EXPECT_EQ(first_frame({{"format", "2"}, {"pool", "mean"}}, nullptr), mean);
  EXPECT_EQ(first_frame({{"format", "2"}, {"pool", "mean"}}, "max"), max);
  EXPECT_EQ(first_frame({{"pool", "mean"}}, nullptr), max);
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
