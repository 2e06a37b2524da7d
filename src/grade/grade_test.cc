#include <gtest/gtest.h>

#include "core/random.h"
#include "grade/effect.h"

namespace reverie {
namespace {

constexpr int kWidth = 12, kHeight = 8;

class GradeTest : public testing::Test {
 protected:
  GradeTest() : picture_(3, kHeight, kWidth), values_(kind_.parameters()) {
    Random draws(3);
    for (float& v : picture_.data()) v = static_cast<float>(draws.uniform());
    EffectSetup setup;
    setup.width = kWidth;
    setup.height = kHeight;
    effect_ = kind_.make(setup, values_);
  }

  Planes graded() {
    Planes out;
    effect_->process({{}, &picture_}, values_, out);
    return out;
  }

  EffectKind kind_ = grade_effect();
  Planes picture_;
  ParameterValues values_;
  std::unique_ptr<Effect> effect_;
};

TEST_F(GradeTest, DefaultsChangeNothing) {
  EXPECT_EQ(graded().data(), picture_.data());
}

TEST_F(GradeTest, WithoutAPictureItIsBlack) {
  Planes out;
  effect_->process({}, values_, out);
  EXPECT_EQ(out.data(), Planes(3, kHeight, kWidth).data());
}

TEST_F(GradeTest, ToneFollowsItsFormula) {
  values_.set("contrast", 1.5);
  values_.set("brightness", 0.1);
  values_.set("gamma", 2.2);
  const Planes out = graded();
  for (size_t i = 0; i < out.data().size(); ++i) {
    const double v = std::clamp((picture_.data()[i] - 0.5) * 1.5 + 0.6, 0.0, 1.0);
    EXPECT_NEAR(out.data()[i], std::pow(v, 1 / 2.2), v < 0.01 ? 0.02 : 2e-4);
  }
}

TEST_F(GradeTest, FadeReachesBlack) {
  values_.set("fade", 0.5);
  EXPECT_NEAR(graded().at(1, 2, 3), picture_.at(1, 2, 3) * 0.5F, 1e-6);
  values_.set("fade", 1);
  EXPECT_EQ(graded().data(), Planes(3, kHeight, kWidth).data());
}

TEST_F(GradeTest, GreyStaysGreyWhateverHueAndSaturation) {
  for (float& v : picture_.data()) v = 0.4F;
  values_.set("hue", 77);
  values_.set("saturation", 2.5);
  const Planes out = graded();
  for (const float v : out.data()) EXPECT_NEAR(v, 0.4F, 1e-5);
}

TEST_F(GradeTest, SaturationZeroIsTheBrightness) {
  values_.set("saturation", 0);
  const Planes out = graded();
  const Planes bright = luma(picture_);
  for (int c = 0; c < 3; ++c) EXPECT_NEAR(out.at(c, 3, 4), bright.at(0, 3, 4), 1e-5);
}

TEST_F(GradeTest, AThirdOfATurnOfTheHueGoesFromRedToGreen) {
  picture_ = Planes(3, kHeight, kWidth);
  std::fill(picture_.plane(0), picture_.plane(0) + picture_.plane_size(), 0.8F);
  values_.set("hue", 120);
  EXPECT_NEAR(graded().at(0, 0, 0), 0, 1e-5);
  EXPECT_NEAR(graded().at(1, 0, 0), 0.8F, 1e-5);
}

TEST_F(GradeTest, ATintKeepsTheBrightness) {
  for (float& v : picture_.data()) v *= 0.2F;
  values_.set("tint", 1);
  values_.set("tint_hue", 40);
  EXPECT_LT(mean_absolute_difference(luma(graded()), luma(picture_)), 1e-5);
}

TEST_F(GradeTest, FlipsAndMirrorsAreExact) {
  values_.set_text("flip", "horizontal");
  EXPECT_EQ(graded().at(1, 2, 3), picture_.at(1, 2, kWidth - 4));
  values_.set_text("flip", "vertical");
  EXPECT_EQ(graded().at(1, 2, 3), picture_.at(1, kHeight - 3, 3));
  values_.set_text("flip", "none");
  values_.set_text("mirror", "horizontal");
  EXPECT_EQ(graded().at(0, 1, 2), picture_.at(0, 1, 2));
  EXPECT_EQ(graded().at(0, 1, kWidth - 3), picture_.at(0, 1, 2));
}

TEST_F(GradeTest, ShiftCropZoomAndTurnGoWhereTheySay) {
  values_.set("shift_x", 2.0 / kWidth);
  EXPECT_NEAR(graded().at(2, 4, 5), picture_.at(2, 4, 3), 1e-6);
  EXPECT_EQ(graded().at(2, 4, 0), 0);
  values_.set_text("border", "wrap");
  EXPECT_NEAR(graded().at(2, 4, 0), picture_.at(2, 4, kWidth - 2), 1e-6);
  values_.set("shift_x", 0);
  values_.set("rotate", 180);
  EXPECT_NEAR(graded().at(2, 1, 2), picture_.at(2, kHeight - 2, kWidth - 3), 1e-4);
  values_.set("rotate", 0);
  for (int y = 0; y < kHeight; ++y) {
    for (int x = 0; x < kWidth; ++x) picture_.at(0, y, x) = static_cast<float>(x) / kWidth;
  }
  values_.set("crop_left", 0.5);
  EXPECT_NEAR(graded().at(0, 4, 5), (6 + (5 + 0.5) / 2 - 0.5) / kWidth, 1e-5);
  values_.set("crop_left", 0);
  values_.set("zoom", 2);
  EXPECT_NEAR(graded().at(0, 4, 6), (6 + 0.5 / 2 - 0.5) / kWidth, 1e-5);
}

TEST_F(GradeTest, TurnsCounterClockwise) {
  picture_ = Planes(3, kWidth, kWidth);
  picture_.at(0, 5, 11) = 1;  // at the right
  EffectSetup setup;
  setup.width = setup.height = kWidth;
  values_.set("rotate", 90);
  Planes out;
  kind_.make(setup, values_)->process({{}, &picture_}, values_, out);
  EXPECT_NEAR(out.at(0, 0, 5), 1, 1e-4);  // at the top
}

TEST_F(GradeTest, TellsWhatIsFollowed) {
  Told told({"brightness", "motion"});
  Planes out;
  for (float& v : picture_.data()) v = 0.25F;
  effect_->process({{}, &picture_}, values_, out, told);
  EXPECT_NEAR(told.values().at("brightness"), 0.25, 1e-5);
  EXPECT_EQ(told.values().at("motion"), 0);
  for (float& v : picture_.data()) v = 0.35F;
  effect_->process({{}, &picture_}, values_, out, told);
  EXPECT_NEAR(told.values().at("motion"), 0.4, 1e-4);
  Told nobody;
  effect_->process({{}, &picture_}, values_, out, nobody);
  EXPECT_TRUE(nobody.values().empty());
}

}  // namespace
}  // namespace reverie
