#include <gtest/gtest.h>

#include "core/test_help.h"
#include "models/classifier/classifier.h"
#include "models/video/video.h"
#include "watch/effect.h"
#include "watch/kind.h"
#include "watch/recogniser.h"

namespace reverie {
namespace {

const std::vector<std::string> kLabels = {"dark", "bright, very"};

// Says "bright" the surer the brighter its four frames are.
VideoModel by_brightness() {
  VideoModel model({4, VideoInput::kFrames, {"mean"}, {}}, kLabels, 8, 8, {1, false, {}});
  torch::NoGradGuard no_grad;
  model.parameters().flat().zero_();
  // scores.weight [2, 3], scores.bias [2]
  model.parameters().flat().narrow(0, 3, 3).fill_(0.02);
  model.parameters().flat()[7].fill_(-0.06 * 128);
  return model;
}

TEST(Signals, AreNamedByTheirLabels) {
  EXPECT_EQ(signal_name("wave2"), "wave2");
  EXPECT_EQ(signal_name("Tabby Cat, Felis"), "tabby_cat");
}

TEST(Recogniser, AnswersOnceItHasSeenEnough) {
  Recogniser recogniser(std::make_unique<VideoModel>(by_brightness()));
  EXPECT_EQ(recogniser.frames(), 4);
  for (int i = 0; i < 3; ++i) recogniser.see(Planes(3, 20, 30, 0.9F));
  EXPECT_FALSE(recogniser.ready());
  recogniser.see(Planes(3, 20, 30, 0.9F));
  ASSERT_TRUE(recogniser.ready());
  EXPECT_GT(recogniser.answer()[1], 0.95);
  for (int i = 0; i < 4; ++i) recogniser.see(Planes(3, 20, 30, 0.1F));
  EXPECT_LT(recogniser.answer()[1], 0.05);
  recogniser.forget();
  EXPECT_FALSE(recogniser.ready());
}

TEST(Recogniser, NetworksOfPicturesSeeOneFrame) {
  auto classifier = std::make_unique<ClassifierModel>(std::vector<std::string>{"conv 4", "mean"}, kLabels,
                                                      InputTransform{1.0 / 64, false, {}});
  classifier->initialise(3);
  Recogniser recogniser(std::move(classifier));
  recogniser.see(Planes(3, 40, 40, 0.5F));
  ASSERT_TRUE(recogniser.ready());
  EXPECT_NEAR(recogniser.answer()[0] + recogniser.answer()[1], 1, 1e-6);
}

class Watching {
 public:
  Watching() {
    write_model(folder_.path() / "m.safetensors", by_brightness());
    setup_.width = 30;
    setup_.height = 20;
    setup_.find_file = [this](const std::string& name) { return folder_.path() / name; };
    values_.set_text("model", "m.safetensors");
    values_.set_text("smooth", "0.5");
    values_.set_text("every", "1");
  }
  std::unique_ptr<Effect> make() { return make_watch(setup_, values_); }
  // The signals of the last of these frames.
  std::map<std::string, double, std::less<>> tell(Effect& effect, float brightness, int frames, Planes& out) {
    const Planes picture(3, 20, 30, brightness);
    Told told({"dark", "bright", "certainty"});
    for (int i = 0; i < frames; ++i) {
      told = Told({"dark", "bright", "certainty"});
      Frame frame;
      frame.picture = &picture;
      effect.process(frame, values_, out, told);
    }
    return told.values();
  }
  EffectKind kind_ = watch_effect();
  ParameterValues values_{kind_.parameters()};

 private:
  TemporaryFolder folder_;
  EffectSetup setup_;
};

TEST(Watch, TellsItsLabelsAndLetsThePictureThrough) {
  Watching watching;
  const auto effect = watching.make();
  Planes out;
  EXPECT_EQ(watching.tell(*effect, 0.9F, 3, out)["bright"], 0);
  EXPECT_GT(watching.tell(*effect, 0.9F, 1, out)["bright"], 0.95);
  for (const float v : out.data()) ASSERT_EQ(v, 0.9F);
  const double after_one = watching.tell(*effect, 0.1F, 4, out)["bright"];
  EXPECT_GT(after_one, 0.05);  // it is smoothed
  EXPECT_LT(watching.tell(*effect, 0.1F, 20, out)["bright"], 0.05);
  auto told = watching.tell(*effect, 0.1F, 1, out);
  EXPECT_NEAR(told["certainty"], told["dark"], 1e-9);
}

TEST(Watch, ShowsWhatItSees) {
  Watching watching;
  watching.values_.set_text("show", "true");
  const auto effect = watching.make();
  Planes out;
  watching.tell(*effect, 0.9F, 4, out);
  EXPECT_LT(out.at(0, 15, 2), 0.7F);  // in the bar
  watching.values_.set_text("show", "false");
  watching.tell(*effect, 0.9F, 1, out);
  EXPECT_EQ(out.at(0, 15, 2), 0.9F);
}

TEST(Watch, OtherModelsAreRefused) {
  EXPECT_NE(message_of([] {
              auto vae = read_model(std::filesystem::path("models/mogrify.safetensors"));
              const Recogniser recogniser(std::move(vae));
            }).find("its family is 'vae'"),
            std::string::npos);
}

}  // namespace
}  // namespace reverie
