#include <gtest/gtest.h>

#include <cmath>

#include "core/test_help.h"
#include "models/pictures.h"
#include "style/effect.h"
#include "style/embeddings.h"
#include "style/shift.h"
#include "weights/safetensors.h"

namespace reverie {
namespace {

VaeSettings grid() {
  VaeSettings s;
  s.encoder = {"conv 6 5 2", "conv 8 3 2"};
  s.decoder = {"residual", "up", "shuffle 3 3"};
  s.codes = 5;
  s.norm = VaeNorm::kStyle;
  return s;
}

VaeSettings one_vector() {
  VaeSettings s;
  s.encoder = {"conv 6 5 2", "conv 8 3 2"};
  s.codes = 5;
  s.spatial = false;
  s.width = 24;
  s.height = 16;
  return s;
}

VaeModel made(const VaeSettings& settings) {
  VaeModel model(settings, {"dots", "lines", "unseen"}, {1.0 / 255, false, {}});
  model.initialise(3);
  torch::NoGradGuard no_grad;
  const VaeWeights weights = model.constant();
  torch::manual_seed(5);
  weights.buffers.at("label.mean").copy_(torch::randn({3, settings.codes}));
  weights.buffers.at("label.deviation").copy_(torch::rand({3, settings.codes}) + 0.5);
  weights.buffers.at("label.seen").copy_(torch::tensor({4.0F, 4.0F, 0.0F}));
  return model;
}

Planes picture(int height, int width, uint64_t seed = 1) {
  torch::manual_seed(seed);
  return to_picture(resized(torch::rand({1, 3, 5, 7}) * 255, height, width));
}

class MogrifyEffectTest : public testing::Test {
 protected:
  void use(const VaeModel& model) {
    write_model(folder_.path() / "m.safetensors", model);
    values_.set_text("model", (folder_.path() / "m.safetensors").string());
    values_.set_text("toward", "dots");
  }

  std::unique_ptr<Effect> effect(int height, int width) const {
    EffectSetup setup;
    setup.width = width;
    setup.height = height;
    setup.seed = 4;
    setup.find_file = [](const std::string& name) { return std::filesystem::path(name); };
    return make_mogrify(setup, values_);
  }

  Planes frame(Effect& effect, const Planes& in, int64_t number, const Planes* flow = nullptr) const {
    Frame f;
    f.time.frame = number;
    f.picture = &in;
    f.flow = flow;
    Planes out;
    effect.process(f, values_, out);
    return out;
  }

  TemporaryFolder folder_;
  ParameterTable table_ = mogrify_parameters();
  ParameterValues values_{table_};
};

TEST_F(MogrifyEffectTest, WhatTheRefinerAddsIsAShare) {
  VaeSettings settings = grid();
  settings.refiner = 4;
  use(made(settings));
  const Planes in = picture(24, 32);
  const auto with = [&](double share) {
    values_.set("refine", share);
    return frame(*effect(24, 32), in, 0);
  };
  const Planes none = with(0);
  const Planes half = with(0.5);
  const Planes all = with(1);
  EXPECT_NE(none.data(), all.data());
  EXPECT_NE(half.data(), all.data());
  EXPECT_NE(half.data(), none.data());
}

// What the kind names as the flow's parameters is all that looks at it.
TEST_F(MogrifyEffectTest, LooksAtTheFlowOnlyForWhatItsKindNames) {
  use(made(grid()));
  const Planes first = picture(24, 32);
  Planes second = first;
  for (float& v : second.data()) v = 1 - v;
  const Planes still(2, 24, 32);
  const auto differs = [&](double smooth, double inertia) {
    values_.set("smooth", smooth);
    values_.set("inertia", inertia);
    std::vector<Planes> shown;
    for (const Planes* flow : {&still, static_cast<const Planes*>(nullptr)}) {
      const auto played = effect(24, 32);
      frame(*played, first, 0);
      shown.push_back(frame(*played, second, 1, flow));
    }
    return shown[0].data() != shown[1].data();
  };
  EXPECT_FALSE(differs(0, 0));
  EXPECT_TRUE(differs(0.5, 0));
  EXPECT_TRUE(differs(0, 0.9));
}

TEST(Enlarged, IsLanczosOfThreeLobes) {
  torch::Tensor dot = torch::zeros({1, 1, 12, 16});
  dot[0][0][5][8] = 1;
  const torch::Tensor wide = enlarged(dot, 24, 48);
  const auto kernel = [](double x) {
    const auto sinc = [](double t) { return t == 0 ? 1 : std::sin(M_PI * t) / (M_PI * t); };
    return std::abs(x) < 3 ? sinc(x) * sinc(x / 3) : 0;
  };
  for (int y = 0; y < 24; ++y) {
    for (int x = 0; x < 48; ++x) {
      const double wanted = kernel((y + 0.5) / 2 - 0.5 - 5) * kernel((x + 0.5) / 3 - 0.5 - 8);
      // each sample's weights are made to add up to 1, which changes them by a percent
      EXPECT_NEAR(wide[0][0][y][x].item<double>(), wanted, 0.02) << x << "," << y;
    }
  }
  const torch::Tensor flat = enlarged(torch::full({1, 3, 5, 7}, 100.0), 31, 20);
  EXPECT_TRUE(torch::allclose(flat, torch::full_like(flat, 100.0)));
}

TEST(Styles, AreReadAsSums) {
  const std::vector<StyleSum> sums = parse_styles("great-wave*0.7 + scream | drawings*-1");
  ASSERT_EQ(sums.size(), 2U);
  EXPECT_EQ(sums[0][0].label, "great-wave");
  EXPECT_EQ(sums[0][0].weight, 0.7);
  EXPECT_EQ(sums[0][1].weight, 1);
  EXPECT_EQ(sums[1][0].weight, -1);
  for (const char* wrong : {"", "a +", "a*x", "a*1e9", "| a", "a*nan"})
    EXPECT_NE(message_of([&] { parse_styles(wrong); }), "") << wrong;
}

TEST(Styles, MixAsWeightedMeans) {
  const LabelStatistics labels = labels_of_model(made(grid()));
  EXPECT_EQ(labels.size(), 2U) << "the third was never seen";
  const CodeStatistics half = mix_styles(labels, parse_styles("dots + lines")[0]);
  const torch::Tensor wanted = (labels.at("dots").mean + labels.at("lines").mean) / 2;
  EXPECT_TRUE(torch::allclose(half.mean, wanted));
  const CodeStatistics muted =
      mix_styles(labels, parse_styles("dots + lines")[0], [](size_t i) { return i == 0 ? 0.0 : 2.0; });
  EXPECT_TRUE(torch::allclose(muted.deviation, labels.at("lines").deviation));
  EXPECT_NE(message_of([&] {
              mix_styles(labels, {{"line", 1}});
            }).find("did you mean 'lines'?"),
            std::string::npos);
}

TEST(Styles, EmbeddingsAreReadAgainAndChecked) {
  const TemporaryFolder folder;
  const std::filesystem::path file = folder.path() / "e.safetensors";
  const VaeModel model = made(grid());
  Embeddings e;
  e.labels = {"mine", "none", "yours"};
  torch::manual_seed(2);
  const torch::Tensor a = torch::randn({1, 5, 6, 6});
  const torch::Tensor b = torch::randn({1, 5, 6, 6}) * 2 + 1;
  add_codes(e, a, 0);
  add_codes(e, b, 2);
  add_codes(e, b, 0);
  add_codes(e, a, -1);
  write_embeddings(file, e, model);
  const LabelStatistics labels = read_label_statistics(file, model);
  ASSERT_EQ(labels.size(), 2U);
  EXPECT_TRUE(torch::allclose(labels.at("yours").mean, statistics_of(b).mean, 1e-5, 1e-5));
  EXPECT_TRUE(torch::allclose(labels.at("mine").deviation,
                              (statistics_of(a).deviation + statistics_of(b).deviation) / 2, 1e-5, 1e-5));
  VaeSettings other = grid();
  other.codes = 6;
  EXPECT_NE(message_of([&] { read_label_statistics(file, made(other)); }).find("another model"),
            std::string::npos);
  write_model(file, model);
  EXPECT_NE(message_of([&] { read_label_statistics(file, model); }).find("reverie embed"), std::string::npos);
}

TEST_F(MogrifyEffectTest, TheSameAgainAndAnyShape) {
  use(made(grid()));
  for (const auto& [height, width] : {std::pair(16, 24), std::pair(33, 47), std::pair(1, 1)}) {
    const Planes in = picture(height, width);
    const auto a = effect(height, width);
    const auto b = effect(height, width);
    for (int i = 0; i < 3; ++i) {
      const Planes first = frame(*a, in, i);
      EXPECT_EQ(first.data(), frame(*b, in, i).data());
      EXPECT_EQ(first.height(), height);
      EXPECT_EQ(first.width(), width);
    }
  }
}

TEST_F(MogrifyEffectTest, ParametersDoWhatTheySay) {
  use(made(grid()));
  const Planes in = picture(48, 64);
  const auto with = [&](const std::map<std::string, std::string>& changes) {
    const ParameterValues before = values_;
    for (const auto& [name, value] : changes) values_.parse(name, value);
    const Planes out = frame(*effect(48, 64), in, 0);
    values_ = before;
    return out;
  };
  const Planes plain = with({});
  EXPECT_GT(mean_absolute_difference(plain, with({{"toward", "lines"}})), 1e-3);
  EXPECT_EQ(plain.data(), with({{"toward", "lines | dots"}, {"position", "1"}}).data());
  EXPECT_EQ(plain.data(), with({{"toward", "dots + lines"}, {"weight2", "0"}}).data());
  EXPECT_GT(mean_absolute_difference(plain, with({{"beta", "0"}})), 1e-3);
  EXPECT_GT(mean_absolute_difference(plain, with({{"side", "24"}})), 1e-4);
  EXPECT_GT(mean_absolute_difference(plain, with({{"sample", "on"}})), 1e-4);
  EXPECT_GT(mean_absolute_difference(plain, with({{"detail", "1"}})), 1e-4);
  EXPECT_LT(mean_absolute_difference(in, with({{"colours", "1"}})), mean_absolute_difference(in, plain) + 1);
  EXPECT_GT(mean_absolute_difference(plain, with({{"inset", "0.3"}})), 1e-4);
  EXPECT_NE(message_of([&] { with({{"toward", "line"}}); }).find("did you mean 'lines'?"), std::string::npos);
  values_.set_text("toward", "dots");
  const auto playing = effect(48, 64);
  EXPECT_EQ(frame(*playing, in, 0).data(), plain.data());
  values_.set_text("toward", "line");
  EXPECT_EQ(frame(*playing, in, 1).data(), plain.data()) << "it plays on";
}

TEST_F(MogrifyEffectTest, SmoothingFollowsTheFlowAndEndsAtCuts) {
  use(made(grid()));
  values_.set("smooth", 0.5);
  values_.set("inertia", 0);
  const Planes in = picture(16, 24);
  const Planes other = picture(16, 24, 9);
  const Planes still(2, 16, 24);
  const auto alone = effect(16, 24);
  const Planes wanted = frame(*alone, other, 0);
  const auto smooth = effect(16, 24);
  const Planes first = frame(*smooth, in, 0);
  const Planes second = frame(*smooth, other, 1, &still);
  for (size_t i = 0; i < second.data().size(); ++i)
    ASSERT_NEAR(second.data()[i], 0.5 * (first.data()[i] + wanted.data()[i]), 1e-5);
  EXPECT_EQ(frame(*smooth, other, 2).data(), wanted.data()) << "a cut";
}

TEST_F(MogrifyEffectTest, OneVectorMovesByMeans) {
  const VaeModel model = made(one_vector());
  use(model);
  values_.set("smooth", 0);
  values_.set("alpha", 0.25);
  values_.set("beta", 0.5);
  values_.set_text("from", "lines");
  const Planes in = picture(16, 24);
  const Planes out = frame(*effect(16, 24), in, 0);
  torch::NoGradGuard no_grad;
  const VaeWeights weights = model.constant();
  const torch::Tensor z = model.encode(apply(model.input, from_picture(in)), weights).mean;
  const torch::Tensor moved =
      z - 0.25 * model.label_statistics("lines").mean + 0.5 * model.label_statistics("dots").mean;
  const Planes wanted = to_picture(unapply(model.input, model.decode(moved, 16, 24, weights)));
  EXPECT_LT(mean_absolute_difference(out, wanted), 1e-6);
  EXPECT_EQ(frame(*effect(40, 60), picture(40, 60), 0).width(), 60) << "seen at the size it learned";
  values_.set_text("move", "statistics");
  EXPECT_NE(message_of([&] { frame(*effect(16, 24), in, 0); }).find("one code vector"), std::string::npos);
}

TEST_F(MogrifyEffectTest, OneVectorTakesAwayTheMeanOfTheClipThatItSawFirst) {
  const VaeModel model = made(one_vector());
  use(model);
  values_.set("smooth", 0);
  values_.set("alpha", 0.25);
  values_.set("beta", 0.5);
  const auto ahead = effect(16, 24);
  EXPECT_TRUE(ahead->looks_ahead(values_));
  torch::NoGradGuard no_grad;
  const VaeWeights weights = model.constant();
  const auto codes = [&](const Planes& p) {
    return model.encode(apply(model.input, from_picture(p)), weights).mean;
  };
  torch::Tensor sum;
  for (uint64_t seed = 1; seed <= 3; ++seed) {
    const Planes in = picture(16, 24, seed);
    ahead->look_ahead(in, values_);
    sum = sum.defined() ? sum + codes(in) : codes(in);
  }
  const Planes first = picture(16, 24, 1);
  const Planes out = frame(*ahead, first, 0);
  const torch::Tensor moved = codes(first) - 0.25 * sum / 3 + 0.5 * model.label_statistics("dots").mean;
  EXPECT_LT(
      mean_absolute_difference(out, to_picture(unapply(model.input, model.decode(moved, 16, 24, weights)))),
      1e-6);
  State state;
  ahead->save(state);
  const auto resumed = effect(16, 24);
  resumed->load(state, values_);
  EXPECT_FALSE(resumed->looks_ahead(values_));
  EXPECT_EQ(frame(*resumed, picture(16, 24, 2), 1).data(), frame(*ahead, picture(16, 24, 2), 1).data());
  values_.set_text("from", "lines");
  EXPECT_FALSE(effect(16, 24)->looks_ahead(values_));
}

TEST_F(MogrifyEffectTest, OtherModelsAreRefused) {
  use(made(grid()));
  TensorFile file = read_safetensors(folder_.path() / "m.safetensors");
  file.metadata["family"] = "hourglass";
  write_safetensors(folder_.path() / "m.safetensors", file);
  EXPECT_NE(message_of([&] { effect(16, 24); }), "");
  values_.set_text("model", (folder_.path() / "none.safetensors").string());
  EXPECT_NE(message_of([&] { effect(16, 24); }), "");
}

TEST(Shift, DrawsASheet) {
  const std::vector<torch::Tensor> pictures = {from_picture(picture(16, 24)),
                                               from_picture(picture(16, 24, 3))};
  for (const VaeSettings& settings : {grid(), one_vector()}) {
    const Planes sheet = shift_sheet(made(settings), pictures, {}, 1);
    EXPECT_GT(sheet.width(), 7 * 24);
    EXPECT_GT(sheet.height(), 3 * 16);
  }
  EXPECT_NE(message_of([&] { shift_sheet(made(grid()), {}, {}, 1); }), "");
}

}  // namespace
}  // namespace reverie
